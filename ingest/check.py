"""Check files without keeping anything: `tmw check`. Needs no database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.assess import Assessed, Assessor
from ingest.known_places import KnownPlaces
from ingest.read.sandbox import Sandbox
from warehouse.findings import Finding
from warehouse.month import Month
from warehouse.settings import Settings


def check_files(settings: Settings, paths: Iterable[Path]) -> list[Finding]:
    """Return the findings of files as a receipt today would give them, file by file."""
    return [finding for one in assess_files(settings, paths) for finding in one.findings]


def assess_files(settings: Settings, paths: Iterable[Path]) -> list[Assessed]:
    """Return what is in files and what is wrong with them, without what was read of their tables.

    Areas are the packaged ones and those of `settings.areas_file`. Assignments, waivers,
    earlier versions and earlier months are not asked about. Nothing is written.
    """
    current = Month.of(datetime.now(ZoneInfo(settings.timezone)))
    assessed: list[Assessed] = []
    with Sandbox(settings) as sandbox:
        assessor = Assessor(sandbox, KnownPlaces.from_files(settings))
        for path in paths:
            one = assessor.assess(path, path.name, current)
            one.tables.clear()  # many files at once: the findings are all that is asked for
            assessed.append(one)
    return assessed
