"""`make torture`: kills the real commands, the server and the scheduler; checks after each kill.

    python -m tests.torture [--kills N] [--scheduler-kills N] [--seed S] [--folder DIR] [--docs]

Exit 0 when every invariant held and the published rows are those of an undisturbed run. The
folder keeps both homes and `report.json`, which is rewritten after every kill.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.torture.commands import torture_commands
from tests.torture.disk import fill_disks
from tests.torture.report import ROOT, Report, console, write_document
from tests.torture.scheduler import torture_scheduler


def main() -> int:
    """Run all parts and report."""
    options = _options()
    folder = options.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report = Report(folder / "report.json", options.seed, options.kills + options.scheduler_kills)
    console.print(f"seed {options.seed}, report in {report.path}", highlight=False)
    chance = random.Random(options.seed)  # noqa: S311 (to be repeated, not to be secret)
    try:
        torture_commands(
            folder / "commands", options.kills, chance, report, minutes=options.minutes
        )
        if options.scheduler_kills:
            torture_scheduler(folder / "scheduler", options.scheduler_kills, chance, report)
        if not options.no_disk:
            report.note(full_disk=fill_disks(folder / "disk"))
        report.note(finished=True)
    except (AssertionError, OSError, subprocess.SubprocessError, psycopg.Error) as error:
        report.facts["violations"].append(str(error))
        report.write()
        console.print(str(error), style="red", markup=False)
    report.print()
    if options.docs:
        write_document(report.path)
    return 0 if report.facts["finished"] else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--scheduler-kills", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=40, help="at most, for the commands")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, default=ROOT / ".torture")
    parser.add_argument("--no-disk", action="store_true")
    parser.add_argument("--docs", action="store_true", help="write the figures of the docs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
