"""Named, reasoned, expiring exceptions: they explain one finding and lapse when it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg.types.json import Jsonb

from warehouse.errors import UsageError
from warehouse.ledger_events import LedgerEvent, deciding, record_event
from warehouse.month import Month
from warehouse.settings import Settings


@dataclass(frozen=True)
class Waiver:
    """An exception as asked for; `area_code` is the filing unit, `until` the last report month."""

    check_id: str
    area_code: str
    form_code: str
    month: Month
    row_key: Mapping[str, str]
    reason: str
    owner: str
    column_name: str | None = None
    until: Month | None = None


def add_waiver(
    settings: Settings,
    waiver: Waiver,
    *,
    key_columns: Collection[str],
    defaults: Mapping[str, str],
) -> int:
    """Record a waiver and return its id; asked again it is renewed, its pinned value forgotten.

    `key_columns` are the key of the form, `defaults` the values of those that may be left out.
    Raises `UsageError` when the row key is not exactly the form's key, or nobody answers for it.
    """
    row_key = _complete(waiver, key_columns, defaults)
    until = waiver.until or waiver.month
    if until < waiver.month:
        raise UsageError(
            f"The waiver ends in {until}, before it begins in {waiver.month}.",
            remedy="Give --until a later month, or leave it out.",
        )
    if not waiver.reason.strip() or not waiver.owner.strip():
        raise UsageError(
            "A waiver needs a reason and an owner.", remedy="Give --reason and --owner."
        )
    with deciding(settings) as connection:
        before = connection.execute(
            _SAME,
            [
                waiver.check_id, waiver.area_code, waiver.form_code, waiver.month.first_day,
                Jsonb(row_key), waiver.column_name or None,
            ],
        ).fetchone()  # fmt: skip
        row = connection.execute(
            "insert into ops.waiver (check_id, area_code, form_code, stat_month, until_month,"
            " row_key, column_name, reason, owner)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (check_id, area_code, form_code, stat_month, row_key, column_name)"
            " do update set until_month = excluded.until_month, reason = excluded.reason,"
            " owner = excluded.owner, recorded_at = now(),"
            " pinned_value = case when ops.waiver.lapsed_at is null then ops.waiver.pinned_value"
            " end,"
            " pinned_at = case when ops.waiver.lapsed_at is null then ops.waiver.pinned_at end,"
            " lapsed_at = null"
            " returning waiver_id",
            [
                waiver.check_id, waiver.area_code, waiver.form_code, waiver.month.first_day,
                until.first_day, Jsonb(row_key), waiver.column_name or None, waiver.reason.strip(),
                waiver.owner.strip(),
            ],
        ).fetchone()  # fmt: skip
        asked = (until.first_day, waiver.reason.strip(), waiver.owner.strip(), False)
        if before != asked:
            record_event(
                connection,
                LedgerEvent(
                    kind="waived",
                    first=waiver.month.first_day,
                    last=max(until.first_day, before[0]) if before else until.first_day,
                    area_code=waiver.area_code,
                    form_code=waiver.form_code,
                    reason=waiver.reason.strip(),
                    owner=waiver.owner.strip(),
                    check_id=waiver.check_id,
                ),
            )
    return int(row[0]) if row else 0


def apply_waivers(connection: psycopg.Connection, build_id: int, stat_month: date) -> int:
    """Explain the open findings of a build and of its returns that a waiver covers.

    What a waiver first meets, value and expected value, is pinned. Anything else lets the waiver
    lapse: its findings stay open, and somebody has to look again. Returns the number explained.
    """
    covered: dict[int, list[_Match]] = defaultdict(list)
    taken: set[int] = set()
    for row in connection.execute(
        _MATCHES, {"build_id": build_id, "stat_month": stat_month}
    ).fetchall():
        match = _Match(*row)
        if match.finding_id not in taken:  # the waiver naming the column comes first
            taken.add(match.finding_id)
            covered[match.waiver_id].append(match)
    explained = 0
    for waiver_id, matches in covered.items():
        value = observed(
            ((m.column_name, m.value, m.expected) for m in matches), matches[0].whole_row
        )
        pinned = matches[0].pinned_value
        if pinned is not None and pinned != value:
            connection.execute(
                "update ops.waiver set lapsed_at = now() where waiver_id = %s", [waiver_id]
            )
            continue
        if pinned is None:
            connection.execute(
                "update ops.waiver set pinned_value = %s, pinned_at = now() where waiver_id = %s",
                [value, waiver_id],
            )
        explained += connection.execute(
            "update ops.finding set state = 'explained', waiver_id = waiver.waiver_id,"
            " reason = waiver.reason || ' (' || waiver.owner || ')'"
            " from ops.waiver as waiver"
            " where waiver.waiver_id = %s and finding_id = any(%s)",
            [waiver_id, [match.finding_id for match in matches]],
        ).rowcount
    return explained


@dataclass(frozen=True)
class _Match:
    waiver_id: int
    pinned_value: str | None
    finding_id: int
    column_name: str | None
    value: str | None
    expected: str | None
    whole_row: bool


def observed(seen: Iterable[tuple[str | None, str | None, str | None]], whole_row: bool) -> str:
    """Return what a waiver sees of its findings (column, value, expected), to be pinned.

    The expected value belongs to it: a total that was excused beside its parts is another
    matter once the parts have changed. A waiver of a whole row names the columns as well.
    """
    texts = set()
    for column, value, expected in seen:
        text = (value or "") if expected is None else f"{value or ''} / {expected}"
        texts.add(f"{column or ''}={text}" if whole_row else text)
    return "; ".join(sorted(texts))


def _complete(
    waiver: Waiver, key_columns: Collection[str], defaults: Mapping[str, str]
) -> dict[str, str]:
    unknown = sorted(set(waiver.row_key) - set(key_columns))
    row_key = {**{n: v for n, v in defaults.items() if n in key_columns}, **waiver.row_key}
    missing = [name for name in key_columns if not row_key.get(name)]
    if unknown or missing:
        raise UsageError(
            f"The row key does not fit {waiver.form_code}: missing {missing}, unknown {unknown}.",
            remedy=f"Its key columns are {', '.join(key_columns)}.",
        )
    return row_key


_SAME = """
select until_month, reason, owner, lapsed_at is not null
from ops.waiver
where
    check_id = %s and area_code = %s and form_code = %s and stat_month = %s and row_key = %s
    and column_name is not distinct from %s
for update
"""

_MATCHES = """
select
    waiver.waiver_id,
    waiver.pinned_value,
    finding.finding_id,
    finding.column_name,
    finding.value,
    finding.expected,
    waiver.column_name is null as whole_row
from ops.finding as finding
inner join ops.waiver as waiver
    on
        finding.check_id = waiver.check_id
        and finding.area_code = waiver.area_code
        and finding.form_code = waiver.form_code
        and finding.row_key = waiver.row_key
        and finding.stat_month between waiver.stat_month and waiver.until_month
        and (waiver.column_name is null or finding.column_name = waiver.column_name)
where
    finding.stat_month = %(stat_month)s
    and finding.state = 'open'
    and waiver.lapsed_at is null
    and (
        finding.build_id = %(build_id)s
        or finding.submission_id in (
            select input.submission_id from ops.build_input as input
            where input.build_id = %(build_id)s
        ) and finding.build_id is null
    )
order by finding.finding_id, waiver.column_name is null, waiver.waiver_id
"""
