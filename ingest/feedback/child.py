"""The process that writes workbooks of answers: limits itself, answers until its input ends.

It opens files of strangers with a library that is not built for that; what it may cost is
limited, and what it writes goes back through a pipe. Its folder for drafts is given and emptied
by the parent.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from ingest.child_limits import allow_cpu, confine, receive, send
from ingest.feedback.content import Content
from ingest.feedback.reporters_copy import NotCopiedError
from ingest.feedback.workbook import annotated_cells, annotated_copy, findings_alone

READY, DONE, REFUSED, EXHAUSTED = b"R", b"D", b"N", b"M"
MAX_DRAFT_BYTES = 256 * 1024 * 1024


def serve(memory_bytes: int, cpu_seconds: int, drafts: str) -> None:
    """Say that it works, then answer requests from standard input until it ends."""
    confine(memory_bytes, MAX_DRAFT_BYTES)
    tempfile.tempdir = drafts
    source, target = sys.stdin.buffer, sys.stdout.buffer
    send(target, READY)
    while (request := receive(source)) is not None:
        allow_cpu(cpu_seconds)
        try:
            send(target, DONE + _composed(json.loads(request)))
        except (NotCopiedError, OSError) as error:  # OSError: no space for its drafts
            send(target, REFUSED + str(error).encode())
        except MemoryError:
            send(target, EXHAUSTED + b"needs more memory than it may")


def _composed(request: dict[str, Any]) -> bytes:
    content = Content.from_json(request["content"])
    if "path" in request:
        return annotated_copy(Path(request["path"]), content)
    if "grids" in request:
        return annotated_cells(request["grids"], content)
    return findings_alone(content)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
