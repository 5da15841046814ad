"""Kinds of level 2: a return against the unit's return of the month before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from examples.simulator.planting import (
    Edit,
    Kind,
    Planting,
    Severity,
    Target,
    Truth,
    shuffled,
    text,
)
from examples.simulator.tables import SimulatedRow

Pick = Callable[[SimulatedRow], bool]
Change = Callable[[SimulatedRow, SimulatedRow], Any]
_JANUARY, _DECEMBER = 1, 12


@dataclass(frozen=True)
class HistoryKind:
    """Changes one cell of a row that the month before has too.

    `change` gives the new value from the row and the row of the month before (None: no victim).
    `now` are the columns at which the month itself must be found, `next` those of the month
    after (where its return is simulated and has the row); `in_year` ones only until December.
    """

    id: str
    check_id: str
    form: str
    column: str
    pick: Pick
    change: Change
    now: tuple[tuple[str, str], ...]
    after: tuple[str, ...] = ()
    in_year: bool = False
    severity: Severity = "error"
    level: int = 2

    def plant(self, target: Target, chance: Random) -> Planting | None:
        """Return what to plant into a return, None where it offers no victim."""
        before, after = target.at(-1), target.at(1)
        if target.filed.form_code != self.form or before is None:
            return None
        for index, row in shuffled(chance, target.rows()):
            if row["row_kind"] == "3" or not self.pick(row):
                continue
            key = target.key(row)
            place = before.find(key)
            planted = None if place is None else self.change(row, before.rows()[place])
            if planted is None or planted == row.get(self.column):
                continue
            true = row.get(self.column)
            truths = [
                self._truth(target, index, column, check, (true, planted), key)
                for check, column in self.now
            ]
            next_place = after.find(key) if after is not None else None
            goes_on = not (self.in_year and target.filed.month.number == _DECEMBER)
            if after is not None and next_place is not None and goes_on:
                truths += [
                    self._truth(after, next_place, column, self.check_id, (true, planted), key)
                    for column in self.after
                ]
            edits = (Edit(*target.cell(index, self.column), planted),)
            return Planting(edits, tuple(truths), target.needs(-1, 1))
        return None

    def _truth(
        self,
        target: Target,
        index: int,
        column: str,
        check_id: str,
        values: tuple[Any, Any],
        key: dict[str, str],
    ) -> Truth:
        sheet, cell = target.cell(index, column)
        return Truth(
            target.file, sheet, cell, check_id, self.severity, self.level, key,
            text(values[0]), text(values[1]),
        )  # fmt: skip


def history_kinds() -> list[Kind]:
    """Return the kinds over the months of one form."""
    return [
        *(_flow(kind_id, form, stem, amount, extra)
          for kind_id, form, stem, amount, extra in _FLOWS),
        *(_year_total(kind_id, form, stem, amount)
          for kind_id, form, stem, amount in _YEAR_TOTALS),
        *(_total(kind_id, form, stem, amount) for kind_id, form, stem, amount in _TOTALS),
        HistoryKind("state-goes-back", "FP01-01", "FP-01", "state",
                    lambda row: row["row_kind"] == "1" and row["state"] in "678",
                    lambda _row, before: "5" if before["state"] in "678" else None,
                    now=(("FP01-01", "state"),)),
        HistoryKind("progress-leaps", "FP01-05", "FP-01", "progress_pct",
                    lambda row: row["state"] == "4",
                    _leap, now=(("FP01-05", "progress_pct"),), severity="warning"),
        HistoryKind("arable-land-sixfold", "G6", "FP-03", "arable_mu",
                    lambda row: row["row_kind"] == "1" and row["arable_mu"] >= 20,
                    lambda row, _before: row["arable_mu"] * Decimal("6.3"),
                    now=(("G6", "arable_mu"),), after=("arable_mu",), severity="warning"),
        HistoryKind("arable-land-ten-times", "G6", "FP-03", "arable_mu", _three_digits,
                    lambda row, _before: row["arable_mu"] * 10,
                    now=(("G6", "arable_mu"),), after=("arable_mu",), severity="warning"),
        HistoryKind("beneficiaries-sevenfold", "G6", "FP-01", "benefit_households",
                    lambda row: row["benefit_households"] >= 20,
                    lambda row, _before: row["benefit_households"] * 7,
                    now=(("G6", "benefit_households"),), after=("benefit_households",),
                    severity="warning"),
    ]  # fmt: skip


# Kind, form, stem of the columns, what is added to the flow of the month, further findings.
_FLOWS: tuple[tuple[str, str, str, int, tuple[tuple[str, str], ...]], ...] = (
    ("month-investment-differs", "FP-01", "investment_done", 4100, ()),
    ("month-issued-differs", "FP-02", "amount_issued", 2700, ()),
    ("month-arrival-differs", "FP-02", "amount_inplace", 5200, (("G3", "balance"),)),
    ("month-payment-differs", "FP-02", "amount_paid", 1900, (("G3", "balance"),)),
    ("month-moves-differ", "FP-08", "moved_hh", 2, ()),
)
_YEAR_TOTALS = (
    ("year-paid-differs", "FP-02", "amount_paid", 3600),
    ("year-reimbursed-differs", "FP-02", "amount_reimbursed", 4400),
    ("year-moved-persons-differ", "FP-08", "moved_p", 3),
)
_TOTALS = (
    ("total-investment-differs", "FP-01", "investment_done", 5300),
    ("total-issued-differs", "FP-02", "amount_issued", 1300),
    ("total-moved-differs", "FP-08", "moved_p", 1),
)


def _filled(stem: str) -> Pick:
    def pick(row: SimulatedRow) -> bool:
        if row["row_kind"] != "1" or row.get(f"{stem}_m") is None:
            return False
        # Rows of days (labour) and of units have rules of their own on these amounts.
        return row.get("fund_source") != "52" and not row.get("reversal_reason")

    return pick


def _added(column: str, amount: int) -> Change:
    return lambda row, _before: row[column] + amount


def _flow(
    kind_id: str, form: str, stem: str, amount: int, extra: tuple[tuple[str, str], ...]
) -> Kind:
    def pick(row: SimulatedRow) -> bool:
        has_balance = not extra or row.get("balance") is not None
        return _filled(stem)(row) and has_balance

    now = (("G1", f"{stem}_y"), ("G1", f"{stem}_c"), *extra)
    return HistoryKind(kind_id, "G1", form, f"{stem}_m", pick, _added(f"{stem}_m", amount), now=now)


def _year_total(kind_id: str, form: str, stem: str, amount: int) -> Kind:
    column = f"{stem}_y"
    return HistoryKind(
        kind_id, "G1", form, column, _filled(stem), _added(column, amount),
        now=(("G1", column),), after=(column,), in_year=True,
    )  # fmt: skip


def _total(kind_id: str, form: str, stem: str, amount: int) -> Kind:
    column = f"{stem}_c"
    pick = _filled(stem)
    return HistoryKind(
        kind_id, "G1", form, column,
        lambda row: pick(row) and row[column] >= 20 * amount, _added(column, amount),
        now=(("G1", column),), after=(column,),
    )  # fmt: skip


def _leap(row: SimulatedRow, before: SimulatedRow) -> Any:
    leapt = before["progress_pct"] + Decimal("44.0")
    return leapt if before["progress_pct"] > 0 and leapt < 99 else None


def _three_digits(row: SimulatedRow) -> bool:
    digits = str(row.get("arable_mu", "")).replace(".", "").strip("0")
    return row["row_kind"] == "1" and len(digits) >= 3
