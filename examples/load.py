"""Send an example to a warehouse: who owes what, what is excused, and the files themselves.

The files go through the inbox like any other return. Sending them again is harmless: the same
bytes give the same receipts, and an assignment or a waiver is recorded once.
"""

from __future__ import annotations

from pathlib import Path

from examples.build import build_returns
from examples.returns import read_csv
from ingest.forms.catalogue import key_columns, load_form, load_forms
from ingest.landing import Receipt, submit_file
from warehouse.assignments import assign
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.waivers import Waiver, add_waiver


def send_first_returns(settings: Settings, folder: Path) -> list[Receipt]:
    """Register assignments and waivers, then put every first return (version 0) into the inbox.

    The database must be running and migrated. Returns the receipts in the order of receipt.
    """
    register_assignments(settings, folder)
    register_waivers(settings, folder)
    return send_returns(settings, folder, version=0)


def send_corrected_returns(settings: Settings, folder: Path) -> list[Receipt]:
    """Put the corrected returns (version 1; Huaping's two) into the inbox; return the receipts."""
    return send_returns(settings, folder, version=1)


def send_returns(settings: Settings, folder: Path, version: int) -> list[Receipt]:
    """Write the files of one version and submit each with its time of receipt.

    All files are written before the first is submitted, so that they arrive together.
    """
    files = build_returns(folder, sent_dir(settings, folder), version)
    return [submit_file(settings, file.path, file.received_at) for file in files]


def sent_dir(settings: Settings, folder: Path) -> Path:
    """Return where the files of an example are written before they are submitted."""
    return settings.home / "examples" / folder.name


def register_assignments(settings: Settings, folder: Path) -> int:
    """Record who owes which form; return the number of assignments."""
    return assign(settings, folder / "assignments.csv", form_codes=frozenset(load_forms()))


def register_waivers(settings: Settings, folder: Path) -> list[int]:
    """Record the document's own inconsistencies as waivers; return their ids."""
    return [_register_waiver(settings, line) for line in read_csv(folder / "waivers.csv")]


def _register_waiver(settings: Settings, line: dict[str, str]) -> int:
    form = load_form(line["form_code"])
    columns = key_columns(form, form.tables[0])
    waiver = Waiver(
        check_id=line["check_id"],
        area_code=line["area_code"],
        form_code=line["form_code"],
        month=Month.parse(line["stat_month"]),
        row_key=dict(part.split("=", 1) for part in line["row_key"].split(",")),
        reason=line["reason"],
        owner=line["owner"],
        column_name=line["column_name"],
    )
    return add_waiver(
        settings,
        waiver,
        key_columns=[column.name for column in columns],
        defaults={column.name: column.key_default for column in columns if column.key_default},
    )
