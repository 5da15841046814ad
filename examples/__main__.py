"""Write the files of the examples: `python -m examples OUT [--example NAME] [--version N]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from examples.build import build_returns
from examples.returns import EXAMPLES


def main() -> None:
    """Write the files and print one line for each: its path and its time of receipt."""
    names = [folder.name for folder in EXAMPLES]
    parser = argparse.ArgumentParser(prog="python -m examples", description=__doc__)
    parser.add_argument("out", type=Path, help="the folder to write into")
    parser.add_argument("--example", choices=names, help="one example (default: all)")
    parser.add_argument("--version", type=int, default=0, help="报送版本: 0 or 1 (default 0)")
    arguments = parser.parse_args()
    for folder in EXAMPLES:
        if arguments.example in (None, folder.name):
            for file in build_returns(folder, arguments.out, arguments.version):
                print(f"{file.path}\t{file.received_at.isoformat()}")


if __name__ == "__main__":
    main()
