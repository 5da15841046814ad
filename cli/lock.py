"""Renews the hashed lock files from `pyproject.toml`: `python3 -m cli.lock`.

`uv pip compile` and not `uv lock`: a uv.lock records the addresses of the package index.
"""

from __future__ import annotations

import subprocess
import sys

from cli.bootstrap import ROOT, find_uv

OPTIONS = (
    "--quiet", "--universal", "--generate-hashes", "--no-header", "--python-version", "3.11",
    "--no-emit-index-url", "--no-emit-find-links", "--upgrade",
)  # fmt: skip


def main() -> int:
    """Write `requirements/runtime.lock`, then `dev.lock` on top of it."""
    uv = find_uv()
    requirements = ROOT / "requirements"
    runtime, dev = requirements / "runtime.lock", requirements / "dev.lock"
    for arguments in (
        ["-o", str(runtime)],
        ["--group", "dev", "-c", str(runtime), "-o", str(dev)],
    ):
        command = [uv, "pip", "compile", *OPTIONS, "pyproject.toml", *arguments]
        done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
