"""The child process that parses files: limits itself, then answers requests until its input ends.

Request and answer are one JSON text each, after its length in 4 bytes; the first answer, to no
request, says that the child has started (else its end would be blamed on a file). A file that
exhausts a limit or crashes the parser takes this process with it and nothing else.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

from ingest.read.grids import read_grids
from ingest.read.preflight import UnreadableFileError, sniff

READY = b'"ready"'
_PR_SET_PDEATHSIG = 1


def serve(memory_bytes: int, cpu_seconds: int) -> None:
    """Say that the reader works, then answer requests from standard input until it ends."""
    _limit(memory_bytes)
    importlib.import_module("python_calamine")
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _send(target, READY)
    while (request := _receive(source)) is not None:
        _allow_cpu(cpu_seconds)
        _send(target, _answer(Path(request["path"])))


def _answer(path: Path) -> bytes:
    try:
        kind = sniff(path)
        return _encoded({"kind": kind, "sheets": read_grids(path, kind)})
    except UnreadableFileError as error:
        return _encoded({"check_id": error.check_id, "detail": error.detail})
    except MemoryError:
        detail = "needs more memory than a return may"
    except (OSError, ValueError, TypeError, RecursionError) as error:
        detail = f"{type(error).__name__}: {error}"
    return _encoded({"check_id": "IN-unreadable", "detail": detail})


def _encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()


def _limit(memory_bytes: int) -> None:
    if sys.platform == "linux":  # die with the parent, however it ends
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    os.umask(0o077)


def _allow_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _receive(source: BinaryIO) -> dict[str, Any] | None:
    head = source.read(4)
    if len(head) < 4:
        return None
    request: dict[str, Any] = json.loads(source.read(struct.unpack(">I", head)[0]))
    return request


def _send(target: BinaryIO, data: bytes) -> None:
    target.write(struct.pack(">I", len(data)))
    target.write(data)
    target.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
