"""The process that writes workbooks of answers: limits itself, answers until its input ends.

It opens files of strangers with a library that is not built for that; what it may cost is
limited, and what it writes goes back through a pipe. Its folder for drafts is given and emptied
by the parent.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from ingest.feedback.content import Content
from ingest.feedback.reporters_copy import NotCopiedError
from ingest.feedback.workbook import annotated_cells, annotated_copy, findings_alone

READY, DONE, REFUSED, EXHAUSTED = b"R", b"D", b"N", b"M"
MAX_DRAFT_BYTES = 256 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


def serve(memory_bytes: int, cpu_seconds: int, drafts: str) -> None:
    """Say that it works, then answer requests from standard input until it ends."""
    if sys.platform == "linux":  # die with the parent, however it ends
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_DRAFT_BYTES, MAX_DRAFT_BYTES))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    os.umask(0o077)
    tempfile.tempdir = drafts
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _send(target, READY, b"")
    while len(head := source.read(8)) == 8:
        request = json.loads(source.read(struct.unpack(">Q", head)[0]))
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + cpu_seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        try:
            _send(target, DONE, _composed(request))
        except (NotCopiedError, OSError) as error:  # OSError: no space for its drafts
            _send(target, REFUSED, str(error).encode())
        except MemoryError:
            _send(target, EXHAUSTED, b"needs more memory than it may")


def _composed(request: dict[str, Any]) -> bytes:
    content = Content.from_json(request["content"])
    if "path" in request:
        return annotated_copy(Path(request["path"]), content)
    if "grids" in request:
        return annotated_cells(request["grids"], content)
    return findings_alone(content)


def _send(target: BinaryIO, kind: bytes, data: bytes) -> None:
    target.write(kind + struct.pack(">Q", len(data)) + data)
    target.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
