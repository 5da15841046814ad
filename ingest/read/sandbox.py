"""The parent's side of the child process that parses files.

One child reads many files in turn; when it dies or takes too long it is replaced, and its end
is told of the file it was reading, with how far that file got. The parent unpacks nothing but
JSON of a limited length.
"""

from __future__ import annotations

import json
import signal
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from ingest.child_process import ChildEndedError, ChildLateError, ChildProcess, LongMessageError
from ingest.read.child import PANIC, READY
from ingest.read.limits import ReadLimits
from ingest.read.preflight import FileKind
from ingest.read.unreadable import UnreadableFileError
from warehouse.errors import LandingError
from warehouse.settings import Settings

MAX_ANSWER_BYTES: Final = 128 * 1024 * 1024  # of one file: some 3 million cells
_NO_MEMORY: Final = b"memory allocation of "  # what the parser says before it aborts
_FAULTS: Final[dict[str, Literal["error", "formula"]]] = {"e": "error", "f": "formula"}


@dataclass(frozen=True)
class CellFault:
    """A cell that shows no value of its own: an error, or a formula that was never calculated.

    `text` is the error (`#DIV/0!`) or the formula (`=A1+B1`; `=` alone where another cell holds
    what they share).
    """

    kind: Literal["error", "formula"]
    text: str


Cell = str | float | int | bool | date | CellFault | None


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet, from A1 on; the sheet of a csv file has the name ''.

    Rows and columns that are hidden are 1-based, as far as the sheet has cells; `merged` are
    (first row, first column, last row, last column). A merged cell holds its value at its first
    row and column.
    """

    sheet: str
    rows: list[list[Cell]]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    kind: FileKind = "xlsx"
    date_1904: bool = False


@dataclass
class Progress:
    """How far the reading of one file got, whatever became of it.

    `link` is what leads from the workbook to other files or outside data.
    """

    opened: bool = False
    link: str | None = None
    sheets_read: int = 0
    cells_read: int = 0
    grids: list[Grid] = field(default_factory=list)

    def restart(self) -> None:
        """Forget what was read: the file is read again from its beginning."""
        self.opened, self.link, self.sheets_read, self.cells_read = False, None, 0, 0
        self.grids.clear()


class _ParserKilledError(UnreadableFileError):
    """Somebody killed the child, not its own limits: memory ran short, or an operator did."""


class Sandbox:
    """Reads files in a limited child process. Use as a context manager; not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._max_file_bytes = settings.max_file_bytes
        self._timeout = float(settings.read_timeout_seconds)
        self._limits = ReadLimits.of(settings)
        self._child: ChildProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(
        self, path: Path, progress: Progress | None = None, *, accepted: bool = False
    ) -> list[Grid]:
        """Return the sheets of a file; raise `UnreadableFileError` with the finding's id.

        `progress` is told how far the file got. `accepted` is for a file that was received
        before: macros and links, which were not always refused, are then passed over.
        """
        progress = progress if progress is not None else Progress()
        size = path.stat().st_size
        if size > self._max_file_bytes:
            raise UnreadableFileError(
                "IN-too-large", f"{size} bytes; at most {self._max_file_bytes} are read"
            )
        request = {"path": str(path.resolve()), "accepted": accepted}
        try:
            self._ask(request, progress)
        except _ParserKilledError:
            progress.restart()
            self._ask(request, progress)
        return progress.grids

    def close(self) -> None:
        """End the child, with all that it may have started."""
        child, self._child = self._child, None
        if child is not None:
            child.close()

    def _ask(self, request: dict[str, Any], progress: Progress) -> None:
        child = self._running()
        deadline = time.monotonic() + self._timeout
        try:
            child.send(json.dumps(request).encode(), deadline)
            refusal = self._take_answer(child, deadline, progress)
        except BaseException as error:
            self.close()  # whatever happened, the next file gets a fresh child
            told = self._told(error)
            if told is None:
                raise
            raise told from error
        if refusal is not None:
            if refusal.reason == PANIC:
                self.close()  # nobody knows what state the parser left
            raise refusal

    def _take_answer(
        self, child: ChildProcess, deadline: float, progress: Progress
    ) -> UnreadableFileError | None:
        """Take the messages about one file until the last, which may be a refusal."""
        left = MAX_ANSWER_BYTES
        opened: dict[str, Any] = {}
        while True:
            data = child.message(deadline, left)
            left -= len(data)
            message: dict[str, Any] = json.loads(data, object_hook=_typed)
            if "check_id" in message:
                return UnreadableFileError(**message)
            if "opened" in message:
                opened = message
                progress.opened, progress.link = True, message["link"]
            elif "sheet" in message:
                progress.sheets_read += 1
                progress.cells_read += message["sheet"]["cells"]
                progress.grids.append(_grid(message["sheet"], opened))
            else:
                return None

    def _told(self, error: BaseException) -> UnreadableFileError | None:
        """Return what became of a file whose reading ended like this, None for a fault of ours."""
        match error:
            case ChildEndedError():
                return self._death(error.code, error.complaint)
            case ChildLateError():
                return _unreadable(f"not read within {self._timeout:g} s", "time")
            case LongMessageError():
                return UnreadableFileError(
                    "IN-too-large", f"more than {MAX_ANSWER_BYTES} bytes of cells"
                )
            case json.JSONDecodeError():
                return _unreadable("the parser broke off its answer", "crash")
        return None

    def _death(self, code: int | None, complaint: bytes) -> UnreadableFileError:
        """Tell why the child ended, from its exit and what it said last."""
        if code is None:
            return _unreadable("the parser broke off its answer", "crash")
        if code == -signal.SIGKILL:
            return _ParserKilledError(
                "IN-unreadable", "the parser was killed twice", reason="killed"
            )
        if code == -signal.SIGXCPU:
            return _unreadable(f"more than {self._limits.cpu_seconds} s of work", "time")
        if _NO_MEMORY in complaint or b"MemoryError" in complaint:
            return _unreadable("needs more memory than a return may", "memory")
        return _unreadable(f"the parser died (exit code {code})", "crash")

    def _running(self) -> ChildProcess:
        if self._child is None or not self._child.is_running():
            self.close()
            self._child = ChildProcess("ingest.read.child", self._limits.to_json())
            self._require_ready(self._child)
        return self._child

    def _require_ready(self, child: ChildProcess) -> None:
        """Tell a reader that does not even start from a file that kills it."""
        try:
            ready = child.message(time.monotonic() + self._timeout, len(READY)) == READY
        except (ChildEndedError, ChildLateError, LongMessageError):
            ready = False
        if not ready:
            self.close()
            raise LandingError(
                "The process that reads files cannot be started.",
                remedy="Run `make setup`; TMW_READ_MEMORY_BYTES may also be too small.",
            )


def _unreadable(detail: str, reason: str) -> UnreadableFileError:
    return UnreadableFileError("IN-unreadable", detail, reason=reason)


def _grid(sheet: dict[str, Any], opened: dict[str, Any]) -> Grid:
    return Grid(
        sheet["name"],
        sheet["rows"],
        sheet["hidden"],
        frozenset(sheet["hidden_rows"]),
        frozenset(sheet["hidden_columns"]),
        tuple(tuple(area) for area in sheet["merged"]),
        opened["opened"],
        opened["date_1904"],
    )


def _typed(record: dict[str, Any]) -> Any:
    """Return the cell that a record of one key stands for, any other record as it is."""
    if len(record) != 1:
        return record
    ((key, text),) = record.items()
    if key == "d":
        return date.fromisoformat(text[:10])
    kind = _FAULTS.get(key)
    return record if kind is None else CellFault(kind, text)
