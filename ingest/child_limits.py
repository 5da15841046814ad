"""A child process's own side: it limits itself and exchanges messages with its parent.

Each message is its bytes after their number in 8 bytes. The parent's side is
`ingest.child_process`.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

HEAD = struct.Struct(">Q")
_PR_SET_PDEATHSIG = 1


def confine(memory_bytes: int, file_bytes: int) -> None:
    """Limit the memory of this process and the size of any file it writes; end with the parent."""
    if sys.platform == "linux":  # die with the parent, however it ends
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    os.umask(0o077)


def allow_cpu(seconds: int) -> None:
    """Allow this process so many seconds of work from now on; SIGXCPU ends it then."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def receive(source: BinaryIO) -> bytes | None:
    """Return the next message; None at the end of the input."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    return source.read(HEAD.unpack(head)[0])


def send(target: BinaryIO, data: bytes) -> None:
    """Send a message."""
    target.write(HEAD.pack(len(data)))
    target.write(data)
    target.flush()
