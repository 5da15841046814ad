"""Waivers at ingest: a named exception explains a finding of the return it was made for.

The same matching as for the findings of a build (`warehouse.waivers`): check, unit, form, row
key, month range and, where the waiver names one, the column. The first value met is pinned;
another value lets the waiver lapse and the finding stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import psycopg
from psycopg.rows import class_row

from ingest.forms.catalogue import rules_of_values
from ingest.load.precedence import Key
from warehouse.findings import Finding
from warehouse.month import Month
from warehouse.waivers import observed


@dataclass
class Waiver:
    """One waiver of `ops.waiver`, and what a batch made of it."""

    waiver_id: int
    check_id: str
    area_code: str
    form_code: str
    stat_month: date
    until_month: date
    row_key: Mapping[str, str]
    column_name: str | None
    reason: str
    owner: str
    pinned_value: str | None
    lapsed: bool = field(default=False, init=False)
    pinned_now: bool = field(default=False, init=False)

    def covers(self, finding: Finding, month: Month) -> bool:
        """Return whether the waiver was made for such a finding, whatever its value.

        Where there is no value nothing can be accepted, whoever says so.
        """
        return (
            not self.lapsed
            and self.check_id == finding.check_id
            and self.stat_month <= month.first_day <= self.until_month
            and dict(self.row_key) == finding.row_key
            and self.column_name in (None, finding.column_name)
            and not (finding.severity == "error" and finding.check_id in rules_of_values())
        )

    def accepts(self, value: str) -> bool:
        """Return whether the value is the pinned one; pin it when it is the first."""
        if self.pinned_value is None:
            self.pinned_value, self.pinned_now = value, True
        self.lapsed = self.pinned_value != value
        return not self.lapsed


class Waivers:
    """The waivers in force for the units, forms and months of a batch."""

    def __init__(self, waivers: Iterable[Waiver]) -> None:
        self._by_unit: dict[tuple[str, str], list[Waiver]] = defaultdict(list)
        for waiver in waivers:
            self._by_unit[waiver.area_code, waiver.form_code].append(waiver)

    @classmethod
    def load(cls, connection: psycopg.Connection, keys: Iterable[Key]) -> Waivers:
        """Read the waivers of these units, those that name a column first."""
        with connection.cursor(row_factory=class_row(Waiver)) as cursor:
            cursor.execute(
                "select waiver_id, check_id, area_code, form_code, stat_month, until_month,"
                " row_key, column_name, reason, owner, pinned_value from ops.waiver"
                " where lapsed_at is null and area_code = any(%s)"
                " order by column_name is null, waiver_id",
                [sorted({area for area, _, _ in keys})],
            )
            return cls(cursor.fetchall())

    def explain(
        self, findings: Sequence[Finding], area_code: str, form_code: str, month: Month
    ) -> tuple[list[Finding], list[int | None]]:
        """Return the findings, covered ones with their reason, and the waiver of each."""
        result = list(findings)
        used: list[int | None] = [None] * len(result)
        for waiver in self._by_unit.get((area_code, form_code), ()):
            places = [
                place
                for place, finding in enumerate(result)
                if finding.reason is None
                and finding.severity != "info"
                and finding.row_key
                and waiver.covers(finding, month)
            ]
            seen = [result[place] for place in places]
            if places and waiver.accepts(
                observed(
                    ((f.column_name, f.value, f.expected) for f in seen),
                    whole_row=waiver.column_name is None,
                )
            ):
                for place in places:
                    result[place] = replace(
                        result[place], reason=f"{waiver.reason} ({waiver.owner})"
                    )
                    used[place] = waiver.waiver_id
        return result, used

    def save(self, connection: psycopg.Connection) -> None:
        """Record what was pinned and what lapsed, in one statement."""
        changed = [
            waiver
            for waivers in self._by_unit.values()
            for waiver in waivers
            if waiver.pinned_now or waiver.lapsed
        ]
        connection.execute(
            """
            update ops.waiver as w
            set
                pinned_value = c.pinned_value,
                pinned_at = coalesce(w.pinned_at, now()),
                lapsed_at = case when c.lapsed then now() end
            from unnest(%s::bigint[], %s::text[], %s::boolean[])
                as c (waiver_id, pinned_value, lapsed)
            where w.waiver_id = c.waiver_id
            """,
            [
                [waiver.waiver_id for waiver in changed],
                [waiver.pinned_value for waiver in changed],
                [waiver.lapsed for waiver in changed],
            ],
        )
