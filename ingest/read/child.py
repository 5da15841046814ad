"""The child process that parses files: limits itself, then answers requests until its input ends.

Each message is one JSON text. The first, to no request, says that the child has started (else
its end would be blamed on a file). A request is answered by
`{"opened": kind, ...}` with what is known of the workbook, one `{"sheet": ...}` for each sheet, and
`{"end": true}` or a refusal `{"check_id", "detail", "reason", "sheet", "cell"}`; so the parent
knows how far a file got that takes this process with it by exhausting a limit or crashing the
parser.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

from ingest.child_limits import allow_cpu, confine, receive, send
from ingest.read.grids import printable, read_grids
from ingest.read.limits import ReadLimits
from ingest.read.preflight import examine
from ingest.read.unreadable import UnreadableFileError

READY = b'"ready"'
PANIC = "panic"  # the parent ends a child that says so


def serve(limits: ReadLimits) -> None:
    """Say that the reader works, then answer requests from standard input until it ends."""
    confine(limits.memory_bytes, file_bytes=0)
    importlib.import_module("python_calamine")
    source, target = sys.stdin.buffer, sys.stdout.buffer
    send(target, READY)
    while (request := receive(source)) is not None:
        allow_cpu(limits.cpu_seconds)
        _answer(json.loads(request), limits, target)


def _answer(request: dict[str, Any], limits: ReadLimits, target: BinaryIO) -> None:
    path = Path(request["path"])
    try:
        examined = examine(path, limits, refuse_macros=not request["accepted"])
        for message in read_grids(path, examined, limits):
            send(target, _encoded(message))
        end: dict[str, Any] = {"end": True}
    except UnreadableFileError as error:
        end = {
            "check_id": error.check_id,
            "detail": printable(error.detail),
            "reason": error.reason,
            "sheet": printable(error.sheet) if error.sheet is not None else None,
            "cell": error.cell,
        }
    except MemoryError:
        end = _unreadable("needs more memory than a return may", "memory")
    except (OSError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        end = _unreadable(f"{type(error).__name__}: {error}", "damaged")
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":  # a panic of the parser is no `Exception`
            raise
        end = _unreadable(f"the parser gave up: {error}"[:500], PANIC)
    send(target, _encoded(end))


def _unreadable(detail: str, reason: str) -> dict[str, Any]:
    return {"check_id": "IN-unreadable", "detail": printable(detail), "reason": reason}


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, allow_nan=False).encode()


if __name__ == "__main__":
    serve(ReadLimits.from_json(sys.argv[1]))
