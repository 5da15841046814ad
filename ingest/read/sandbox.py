"""The parent's side of the child process that parses files.

One child reads many files in turn; when it dies or takes too long it is replaced, and its end
is told of the file it was reading, with how far that file got. The parent unpacks nothing but
JSON of a limited length.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from ingest.read.child import PANIC, READY
from ingest.read.limits import ReadLimits
from ingest.read.preflight import FileKind
from ingest.read.unreadable import UnreadableFileError
from warehouse.errors import LandingError
from warehouse.settings import Settings

MAX_ANSWER_BYTES: Final = 128 * 1024 * 1024  # of one file: some 3 million cells
_MAX_COMPLAINT: Final = 2_000
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
        self._child: subprocess.Popen[bytes] | None = None
        self._complaint = b""

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
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        self._complaint = b""
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):  # a request it never took
                    pipe.close()

    def _ask(self, request: dict[str, Any], progress: Progress) -> None:
        child = self._running()
        data = json.dumps(request).encode()
        try:
            assert child.stdin is not None  # noqa: S101 - it was opened as a pipe
            child.stdin.write(struct.pack(">I", len(data)) + data)
            child.stdin.flush()
            refusal = self._take_answer(child, progress)
        except BrokenPipeError as error:  # it died before it saw the file: who killed it?
            died = self._death(child)
            self.close()
            raise died from error
        except BaseException as error:
            self.close()  # whatever happened, the next file gets a fresh child
            if isinstance(error, json.JSONDecodeError):
                raise UnreadableFileError(
                    "IN-unreadable", "the parser broke off its answer", reason="crash"
                ) from error
            raise
        if refusal is not None:
            if refusal.reason == PANIC:
                self.close()  # nobody knows what state the parser left
            raise refusal

    def _take_answer(
        self, child: subprocess.Popen[bytes], progress: Progress
    ) -> UnreadableFileError | None:
        """Take the messages about one file until the last, which may be a refusal."""
        deadline = time.monotonic() + self._timeout
        left = MAX_ANSWER_BYTES
        opened: dict[str, Any] = {}
        while True:
            data = self._message_of(child, deadline, left)
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

    def _message_of(self, child: subprocess.Popen[bytes], deadline: float, limit: int) -> bytes:
        length = struct.unpack(">I", self._take(child, 4, deadline))[0]
        if length > limit:
            raise UnreadableFileError(
                "IN-too-large", f"more than {MAX_ANSWER_BYTES} bytes of cells"
            )
        return self._take(child, length, deadline)

    def _take(self, child: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
        assert child.stdout is not None  # noqa: S101 - it was opened as a pipe
        assert child.stderr is not None  # noqa: S101 - so was this
        parts = bytearray()
        while len(parts) < count:
            left = deadline - time.monotonic()
            ready = select.select([child.stdout, child.stderr], [], [], max(0, left))[0]
            if not ready or left <= 0:
                raise UnreadableFileError(
                    "IN-unreadable", f"not read within {self._timeout:g} s", reason="time"
                )
            if child.stderr in ready:
                self._complaint = (self._complaint + os.read(child.stderr.fileno(), 4096))[
                    -_MAX_COMPLAINT:
                ]
            if child.stdout not in ready:
                if child.poll() is not None:
                    raise self._death(child)
                continue
            part = os.read(child.stdout.fileno(), min(count - len(parts), 1 << 20))
            if not part:
                raise self._death(child)
            parts += part
        return bytes(parts)

    def _death(self, child: subprocess.Popen[bytes]) -> UnreadableFileError:
        """Tell why the child ended, from its exit and what it said last."""
        try:
            code = child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return UnreadableFileError(
                "IN-unreadable", "the parser broke off its answer", reason="crash"
            )
        assert child.stderr is not None  # noqa: S101 - it was opened as a pipe
        os.set_blocking(child.stderr.fileno(), False)
        with contextlib.suppress(BlockingIOError):
            self._complaint += os.read(child.stderr.fileno(), _MAX_COMPLAINT)
        if code == -signal.SIGKILL:
            return _ParserKilledError(
                "IN-unreadable", "the parser was killed twice", reason="killed"
            )
        if code == -signal.SIGXCPU:
            return UnreadableFileError(
                "IN-unreadable", f"more than {self._limits.cpu_seconds} s of work", reason="time"
            )
        if _NO_MEMORY in self._complaint or b"MemoryError" in self._complaint:
            return UnreadableFileError(
                "IN-unreadable", "needs more memory than a return may", reason="memory"
            )
        return UnreadableFileError(
            "IN-unreadable", f"the parser died (exit code {code})", reason="crash"
        )

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [
                    sys.executable, "-I", "-m", "ingest.read.child",
                    self._limits.to_json(),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd="/",
                env={"LC_ALL": "C.UTF-8"},  # nothing of ours, least of all a password
                start_new_session=True,
            )  # fmt: skip
            self._require_ready(self._child)
        return self._child

    def _require_ready(self, child: subprocess.Popen[bytes]) -> None:
        """Tell a reader that does not even start from a file that kills it."""
        try:
            deadline = time.monotonic() + self._timeout
            ready = self._message_of(child, deadline, len(READY)) == READY
        except UnreadableFileError:
            ready = False
        if not ready:
            self.close()
            raise LandingError(
                "The process that reads files cannot be started.",
                remedy="Run `make setup`; TMW_READ_MEMORY_BYTES may also be too small.",
            )


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
