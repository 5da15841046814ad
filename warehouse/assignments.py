"""Who owes which form from when to when: `tmw assign`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from warehouse.areas import ALWAYS, known_areas
from warehouse.csv_file import parse_day, read_rows
from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.settings import Settings

_REQUIRED = ("area_code", "form_code", "valid_from", "valid_until")


def assign(settings: Settings, path: Path, *, form_codes: Collection[str]) -> int:
    """Take the assignments of a csv in; return how many rows it has.

    A blank `valid_from` means always, a blank `valid_until` until further notice. A row with the
    unit, form and `valid_from` of a known one replaces it; a row that would overlap another in
    time is refused. Nothing is changed when a row is wrong. `form_codes` are the known forms.
    """
    known = known_areas(settings)
    rows: list[tuple[str, str, date, date | None]] = []
    for line, row in enumerate(read_rows(path, required=_REQUIRED), start=2):
        start = parse_day(path, line, "valid_from", row["valid_from"]) or ALWAYS
        end = parse_day(path, line, "valid_until", row["valid_until"])
        trouble = ""
        if row["area_code"] not in known:
            trouble = f"area {row['area_code']!r} is unknown"
        elif row["form_code"] not in form_codes:
            trouble = f"form {row['form_code']!r} is none of {', '.join(sorted(form_codes))}"
        elif end is not None and end < start:
            trouble = "valid_until is before valid_from"
        if trouble:
            raise UsageError(f"{path.name}, line {line}: {trouble}.", remedy="Correct that line.")
        rows.append((row["area_code"], row["form_code"], start, end))
    with connect(settings, Role.loader) as connection:
        for assignment in rows:
            connection.execute(
                "insert into ops.assignment (area_code, form_code, valid_from, valid_until)"
                " values (%s, %s, %s, %s) on conflict (area_code, form_code, valid_from)"
                " do update set valid_until = excluded.valid_until, recorded_at = now()"
                " where ops.assignment.valid_until is distinct from excluded.valid_until",
                assignment,
            )
        overlap = connection.execute(_OVERLAP).fetchone()
        if overlap is not None:
            raise UsageError(
                f"{path.name}: {overlap[1]} of {overlap[0]} is assigned twice on {overlap[2]}.",
                remedy="End the earlier assignment by a valid_until before that day.",
            )
    return len(rows)


_OVERLAP = """
select later.area_code, later.form_code, later.valid_from
from ops.assignment as later
inner join ops.assignment as earlier
    on
        later.area_code = earlier.area_code
        and later.form_code = earlier.form_code
        and later.valid_from > earlier.valid_from
        and later.valid_from <= coalesce(earlier.valid_until, 'infinity')
order by later.area_code, later.form_code, later.valid_from
limit 1
"""
