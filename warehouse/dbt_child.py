"""Run dbt in a process that dies with its parent: `python -m warehouse.dbt_child PARENT COMMANDS`.

Without the death signal a killed build would leave a dbt that goes on writing. Where a command
fails the last line of the output is `{"failed": ["node: message", ...]}`.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends (Linux only)."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl failed")
    if os.getppid() != parent:  # it ended before the signal was asked for
        os._exit(1)


def main() -> None:
    """Bind this process to its parent, then run the dbt commands given as one json list."""
    die_with_parent(int(sys.argv[1]))
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - takes seconds, the signal must come first

    for command in json.loads(sys.argv[2]):
        result = dbtRunner().invoke(command)
        if not result.success:
            print(json.dumps({"failed": _failed(result.result)}))
            if result.exception is not None:
                print(result.exception, file=sys.stderr)
            sys.exit(1)


def _failed(result: Any) -> list[str]:
    """Return the name and message of each node that failed; none where dbt did not come so far."""
    return [
        f"{_name(one)}: {' '.join((one.message or '').split())}"
        for one in getattr(result, "results", [])
        if one.status in ("error", "fail")
    ]


def _name(result: Any) -> str:
    """Return the name of a model, test or seed, or of the macro of `dbt run-operation`."""
    node = getattr(result, "node", result)
    return str(node.unique_id.split(".")[2])


if __name__ == "__main__":
    main()
