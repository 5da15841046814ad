"""Write the files of the example into a folder: `python -m examples OUT [--version N]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from examples.lijiang.build import build_returns


def main() -> None:
    """Write the files and print one line for each: its path and its time of receipt."""
    parser = argparse.ArgumentParser(prog="python -m examples", description=__doc__)
    parser.add_argument("out", type=Path, help="the folder to write into")
    parser.add_argument("--version", type=int, default=0, help="报送版本: 0 or 1 (default 0)")
    arguments = parser.parse_args()
    for file in build_returns(arguments.out, arguments.version):
        print(f"{file.path}\t{file.received_at.isoformat()}")


if __name__ == "__main__":
    main()
