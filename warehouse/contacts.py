"""Who answers for the returns of a unit: data that an operator imports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from psycopg.rows import dict_row

from warehouse.areas import known_areas
from warehouse.csv_file import read_rows
from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.settings import Settings

_REQUIRED: Final = ("area_code", "name", "email")
_EMAIL: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


def import_contacts(settings: Settings, path: Path) -> int:
    """Take contacts in from a csv of area_code, name, email; return how many the file has.

    The file says who answers for the units it names: earlier contacts of these units go. A line
    with neither name nor email leaves its unit without. Nothing is changed when a line is wrong.
    """
    known = known_areas(settings)
    contacts: set[tuple[str, str, str]] = set()
    areas: set[str] = set()
    for line, row in enumerate(read_rows(path, required=_REQUIRED), start=2):
        area, name, email = (row[column] for column in _REQUIRED)
        trouble = ""
        if area not in known:
            trouble = f"area {area!r} is unknown"
        elif bool(name) != bool(email):
            trouble = "a contact needs a name and an email"
        elif email and _EMAIL.fullmatch(email) is None:
            trouble = f"email {email!r} is no address"
        if trouble:
            raise UsageError(f"{path.name}, line {line}: {trouble}.", remedy="Correct that line.")
        areas.add(area)
        if email:
            contacts.add((area, email, name))
    with connect(settings, Role.loader) as connection, connection.cursor() as cursor:
        cursor.execute("delete from ops.contact where area_code = any(%s)", [sorted(areas)])
        cursor.executemany(
            "insert into ops.contact (area_code, email, name) values (%s, %s, %s)"
            " on conflict (area_code, email) do update set name = excluded.name",
            sorted(contacts),
        )
    return len(contacts)


def list_contacts(settings: Settings) -> list[dict[str, str]]:
    """Return every contact: area_code, name, email."""
    with (
        connect(settings, Role.loader) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        cursor.execute("select area_code, name, email from ops.contact order by area_code, email")
        return cursor.fetchall()
