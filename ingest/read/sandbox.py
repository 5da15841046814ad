"""The parent's side of the child process that parses files.

One child reads many files in turn; when it dies or takes too long it is replaced, and its end
is told of the file it was reading. The parent unpacks nothing but JSON of a limited length.
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
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from ingest.read.child import READY
from ingest.read.preflight import UnreadableFileError
from warehouse.errors import LandingError
from warehouse.settings import Settings


@dataclass(frozen=True)
class CellFault:
    """A cell that shows no value of its own: an error, or a formula nobody calculated."""

    kind: Literal["error", "formula"]
    text: str


Cell = str | float | int | bool | date | CellFault | None

MAX_ANSWER_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet, from A1 on; the sheet of a csv file has the name ''."""

    sheet: str
    rows: list[list[Cell]]


class _ParserKilledError(UnreadableFileError):
    """Somebody killed the child, not its own limits: memory ran short, or an operator did."""


class Sandbox:
    """Reads files in a limited child process. Use as a context manager; not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._max_file_bytes = settings.max_file_bytes
        self._timeout = float(settings.read_timeout_seconds)
        self._memory = settings.read_memory_bytes
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, path: Path) -> list[Grid]:
        """Return the sheets of a file; raise `UnreadableFileError` with the finding's id."""
        size = path.stat().st_size
        if size > self._max_file_bytes:
            raise UnreadableFileError(
                "IN-too-large", f"{size} bytes; at most {self._max_file_bytes} are read"
            )
        request = {"path": str(path.resolve())}
        try:
            answer = self._ask(request)
        except _ParserKilledError:
            answer = self._ask(request)
        if "check_id" in answer:
            raise UnreadableFileError(str(answer["check_id"]), str(answer["detail"]))
        return [Grid(sheet["name"], sheet["rows"]) for sheet in answer["sheets"]]

    def close(self) -> None:
        """End the child, with all that it may have started."""
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # a request it never took
                    pipe.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        child = self._running()
        data = json.dumps(request).encode()
        try:
            assert child.stdin is not None  # noqa: S101 - it was opened as a pipe
            child.stdin.write(struct.pack(">I", len(data)) + data)
            child.stdin.flush()
            answer: dict[str, Any] = json.loads(self._answer_of(child), object_hook=_dated)
        except BrokenPipeError as error:  # it died before it saw the file: who killed it?
            died = _death(child)
            self.close()
            raise died from error
        except BaseException as error:
            self.close()  # whatever happened, the next file gets a fresh child
            if isinstance(error, json.JSONDecodeError):
                raise UnreadableFileError("IN-unreadable", "the parser died") from error
            raise
        return answer

    def _answer_of(self, child: subprocess.Popen[bytes]) -> bytes:
        deadline = time.monotonic() + self._timeout
        length = struct.unpack(">I", self._take(child, 4, deadline))[0]
        if length > MAX_ANSWER_BYTES:
            raise UnreadableFileError("IN-too-large", f"{length} bytes of cells")
        return self._take(child, length, deadline)

    def _take(self, child: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
        assert child.stdout is not None  # noqa: S101 - it was opened as a pipe
        parts = bytearray()
        while len(parts) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
                raise UnreadableFileError("IN-unreadable", f"not read within {self._timeout:g} s")
            part = os.read(child.stdout.fileno(), min(count - len(parts), 1 << 20))
            if not part:
                raise _death(child)
            parts += part
        return bytes(parts)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [
                    sys.executable, "-I", "-m", "ingest.read.child",
                    str(self._memory), str(max(1, round(self._timeout))),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
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
            ready = self._answer_of(child) == READY
        except UnreadableFileError:
            ready = False
        if not ready:
            self.close()
            raise LandingError(
                "The process that reads files cannot be started.",
                remedy="Run `make setup`; TMW_READ_MEMORY_BYTES may also be too small.",
            )


def _death(child: subprocess.Popen[bytes]) -> UnreadableFileError:
    try:
        code = child.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return UnreadableFileError("IN-unreadable", "the parser broke off its answer")
    kind = _ParserKilledError if code == -signal.SIGKILL else UnreadableFileError
    return kind("IN-unreadable", f"the parser died (exit code {code})")


def _dated(record: dict[str, Any]) -> Any:
    return date.fromisoformat(record["d"][:10]) if record.keys() == {"d"} else record
