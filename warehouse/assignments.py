"""Who owes which form from when to when: `tmw assign`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import psycopg

from warehouse.areas import ALWAYS, known_areas
from warehouse.csv_file import parse_day, read_rows
from warehouse.errors import UsageError
from warehouse.ledger_events import LedgerEvent, deciding, record_event
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
    with deciding(settings) as connection:
        before = _known(connection)
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
        for event in _events(rows, before):
            record_event(connection, event)
    return len(rows)


def _known(connection: psycopg.Connection) -> dict[tuple[str, str, date], date | None]:
    return {
        (area, form, start): end
        for area, form, start, end in connection.execute(
            "select area_code, form_code, valid_from, valid_until from ops.assignment"
        )
    }


def _events(
    rows: Iterable[tuple[str, str, date, date | None]],
    before: Mapping[tuple[str, str, date], date | None],
) -> Iterator[LedgerEvent]:
    """Return what the rows change, one event for each form and span of days."""
    spans: dict[tuple[str, date, date | None], list[str]] = defaultdict(list)
    for area, form, start, end in rows:
        if (area, form, start) not in before:
            spans[form, start, end].append(area)
        elif (old := before[area, form, start]) != end:
            ends = sorted((old or date.max, end or date.max))
            last = None if ends[1] == date.max else ends[1]
            spans[form, ends[0] + timedelta(days=1), last].append(area)
    for (form, first, last), areas in spans.items():
        only = areas[0] if len(areas) == 1 else None
        yield LedgerEvent("assigned", first, last, area_code=only, form_code=form)


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
