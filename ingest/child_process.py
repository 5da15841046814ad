"""The parent's side of a process that handles what strangers sent, and may end in any way.

The child limits itself (`ingest.child_limits`). The parent waits for no message longer than it
wants to, takes none longer than it allows, and is told how the child ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from typing import IO, Final

from ingest.child_limits import HEAD

_MAX_COMPLAINT: Final = 2_000
_CHUNK: Final = 1 << 20


class ChildEndedError(Exception):
    """The child ended: by `code` (negative: by that signal; None: it only closed its output).

    `complaint` is what it wrote last to its standard error.
    """

    def __init__(self, code: int | None, complaint: bytes) -> None:
        super().__init__(f"the process ended (exit code {code})")
        self.code = code
        self.complaint = complaint


class ChildLateError(Exception):
    """The child did not answer in time."""


class LongMessageError(Exception):
    """The child wants to send more than is taken from it."""


class ChildProcess:
    """A running `python -m module arguments`, in a session and with an environment of its own."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},  # nothing of ours, least of all a password
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._complaint = b""
        self._input, self._output, self._errors = (pipe.fileno() for pipe in self._pipes())
        os.set_blocking(self._input, False)

    def is_running(self) -> bool:
        """Tell whether the child has not ended yet."""
        return self._process.poll() is None

    def send(self, data: bytes, deadline: float) -> None:
        """Send a message; raise `ChildEndedError` or `ChildLateError`."""
        left = memoryview(HEAD.pack(len(data)) + data)
        while left:
            self._wait([], [self._input], deadline)
            try:
                left = left[os.write(self._input, left[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise self._ended() from error

    def message(self, deadline: float, limit: int) -> bytes:
        """Return the next message, of `limit` bytes at most.

        `deadline` is a time of the monotonic clock. Raises `ChildEndedError`, `ChildLateError`
        and `LongMessageError`; the child is of no use then.
        """
        length = HEAD.unpack(self._take(HEAD.size, deadline))[0]
        if length > limit:
            raise LongMessageError(f"{length} bytes")
        return self._take(length, deadline)

    def close(self) -> None:
        """End the child, with all that it may have started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in self._pipes():
            pipe.close()

    def _pipes(self) -> list[IO[bytes]]:
        own = self._process
        return [pipe for pipe in (own.stdin, own.stdout, own.stderr) if pipe is not None]

    def _take(self, count: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            ready = self._wait([self._output, self._errors], [], deadline)
            if self._errors in ready:
                self._listen()
            if self._output in ready:
                part = os.read(self._output, min(count - len(parts), _CHUNK))
                if not part:
                    raise self._ended()
                parts += part
            elif not self.is_running():
                raise self._ended()
        return bytes(parts)

    def _wait(self, read: list[int], write: list[int], deadline: float) -> list[int]:
        left = deadline - time.monotonic()
        readable, writable, _ = select.select(read, write, [], max(0, left))
        if left <= 0 or not (readable or writable):
            raise ChildLateError
        return readable

    def _listen(self) -> None:
        self._complaint = (self._complaint + os.read(self._errors, 4096))[-_MAX_COMPLAINT:]

    def _ended(self) -> ChildEndedError:
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return ChildEndedError(None, self._complaint)
        os.set_blocking(self._errors, False)
        with contextlib.suppress(BlockingIOError):
            self._listen()
        return ChildEndedError(code, self._complaint)
