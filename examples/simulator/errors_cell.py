"""Kinds of level 0 and 1 that stand in one cell of one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from examples.simulator.chance import later
from examples.simulator.planting import (
    Edit,
    Kind,
    Planting,
    Severity,
    SimpleKind,
    Target,
    Truth,
    shuffled,
    text,
)
from examples.simulator.tables import SimulatedRow

Pick = Callable[[SimulatedRow], bool]
Values = Mapping[str, Any]
Make = Callable[[SimulatedRow, Random], Values]
_FISCAL = ("11", "12", "13", "14", "15")
_STARTED = ("4", "5", "6", "7", "8")


@dataclass(frozen=True)
class CellKind:
    """Changes one row: `make` gives the columns to change and their new values.

    The first of them is the planted cell; the finding stands at `stands_at` (the planted cell
    where not given). `also` are further checks that must find it there, `pick` chooses the rows.
    """

    id: str
    check_id: str
    level: int
    form: str
    pick: Pick
    make: Make
    stands_at: str | None = None
    severity: Severity = "error"
    also: tuple[tuple[str, str], ...] = ()

    def plant(self, target: Target, chance: Random) -> Planting | None:
        """Return what to plant into a return, None where it offers no victim."""
        if target.filed.form_code != self.form:
            return None
        for index, row in shuffled(chance, target.rows()):
            if row["row_kind"] == "3" or not self.pick(row):
                continue
            values = self.make(row, chance)
            edits = tuple(Edit(*target.cell(index, name), value) for name, value in values.items())
            planted = next(iter(values))
            key = target.key({**row, **values})
            truths = [
                Truth(
                    target.file, *target.cell(index, column or planted), check_id, self.severity,
                    self.level, key, text(row.get(planted)), text(values[planted]),
                )
                for check_id, column in ((self.check_id, self.stands_at), *self.also)
            ]  # fmt: skip
            return Planting(edits, tuple(truths))
        return None


def cell_kinds() -> list[Kind]:
    """Return the kinds of levels 0 and 1 that stand in one cell."""
    return [
        *_type_kinds(), *_general_kinds(), *_project_kinds(), *_money_kinds(), *_village_kinds(),
        *_housing_kinds(), SimpleKind("row-twice", "G4", 1, _row_twice),
    ]  # fmt: skip


def _to(column: str, value: Any) -> Make:
    return lambda _row, _chance: {column: value}


def _any(_row: SimulatedRow) -> bool:
    return True


def _has(*columns: str) -> Pick:
    return lambda row: all(row.get(column) is not None for column in columns)


def _type_kinds() -> list[Kind]:
    return [
        CellKind("words-for-a-number", "IN-not-a-number", 0, "FP-02",
                 lambda row: row["amount_issued_m"] > 0, _to("amount_issued_m", "数万元")),
        CellKind("fraction-of-a-person", "IN-not-a-number", 0, "FP-03", _any,
                 _to("poor_persons", 12.5)),
        CellKind("two-numbers-in-a-cell", "IN-not-a-number", 0, "FP-08", _any,
                 _to("target5_p", "120 130")),
        CellKind("no-such-day", "IN-not-a-date", 0, "FP-01", _has("apply_date"),
                 _to("apply_date", "2010-13-45")),
        CellKind("words-for-a-date", "IN-not-a-date", 0, "FP-02", _has("issue_date"),
                 _to("issue_date", "年初")),
        CellKind("neither-yes-nor-no", "IN-not-a-bool", 0, "FP-03", _has("village_id"),
                 _to("road", "在建")),
        CellKind("masked-digits", "G10", 1, "FP-03", _any, _to("households", "XX")),
        CellKind("blotted-money", "G10", 1, "FP-01", _any, _to("amount_applied", "3x,410")),
        CellKind("masked-houses", "G10", 1, "FP-08", _any, _to("houses_plan", "**")),
    ]  # fmt: skip


def _general_kinds() -> list[Kind]:
    return [
        CellKind("negative-without-reversal", "G2", 1, "FP-02",
                 lambda row: row["amount_paid_m"] > 0 and not row.get("reversal_reason"),
                 lambda row, _c: {"amount_paid_m": -row["amount_paid_m"]}),
        CellKind("negative-moves", "G2", 1, "FP-08", _any, _to("moved_hh_m", -3)),
        CellKind("negative-total", "G2", 1, "FP-01", _any,
                 _to("investment_done_c", Decimal(-5000))),
        CellKind("source-unknown", "G4", 1, "FP-02", _any, _to("fund_source", "77")),
        CellKind("programme-unknown", "G4", 1, "FP-01", _any, _to("programme", "88")),
        CellKind("mode-unknown", "G4", 1, "FP-08", _has("site_code"), _to("mode", "9")),
        CellKind("source-of-totals", "G4", 1, "FP-02",
                 lambda row: row["fund_source"] != "52", _to("fund_source", "00")),
        CellKind("programme-of-totals", "G4", 1, "FP-01", _any, _to("programme", "00")),
        CellKind("issued-blank", "IN-required", 1, "FP-02", _any, _to("amount_issued_y", None)),
        CellKind("households-blank", "IN-required", 1, "FP-03", _any, _to("households", None)),
        CellKind("beneficiaries-blank", "IN-required", 1, "FP-01", _any,
                 _to("benefit_households", None)),
        CellKind("place-blank", "IN-required", 1, "FP-02", _any, _to("place_code", None)),
        CellKind("plan-year-blank", "IN-required", 1, "FP-08", _any, _to("plan_year", None)),
        CellKind("place-unknown", "IN-unknown-area", 1, "FP-02", _any,
                 _to("place_code", "530799999999")),
        CellKind("committee-unknown", "IN-unknown-village", 1, "FP-01", _has("village_id"),
                 _to("village_id", "530799999999001")),
        CellKind("plan-negative", "IN-range", 1, "FP-01", _any,
                 _to("amount_applied", Decimal(-120000))),
        CellKind("target-negative", "IN-range", 1, "FP-08", _any, _to("target5_p", -40)),
        CellKind("name-endless", "IN-too-long", 1, "FP-01", _any, _to("project_name", "路" * 600)),
        CellKind("document-too-long", "IN-too-long", 1, "FP-02", _any,
                 _to("fund_doc_no", "云财扶〔2010〕" * 6)),
        CellKind("money-beyond-belief", "IN-range", 1, "FP-01", _any,
                 _to("amount_applied", Decimal(250_000_000_000)), severity="warning"),
        CellKind("longitude-elsewhere", "IN-range", 1, "FP-03", _has("lon"),
                 _to("lon", Decimal("30.5")), severity="warning"),
        CellKind("plan-year-long-past", "IN-range", 1, "FP-01", _any, _to("plan_year", 1980),
                 severity="warning"),
    ]  # fmt: skip


def _project_kinds() -> list[Kind]:
    def started(modes: str) -> Pick:
        return lambda row: (row["row_kind"] == "1" and row["state"] in _STARTED
                            and row["construct_mode"] in modes)  # fmt: skip

    def in_state(states: str) -> Pick:
        return lambda row: row["row_kind"] == "1" and row["state"] in states

    def day_before(column: str, earlier: str) -> Make:
        return lambda row, chance: {column: later(row[earlier], -chance.randint(1, 3))}

    return [
        CellKind("no-clean-contract", "FP01-02", 1, "FP-01", started("12"),
                 _to("clean_contract_no", None), stands_at="construct_mode"),
        CellKind("no-self-building-agreement", "FP01-02", 1, "FP-01", started("34"),
                 _to("works_contract_no", None), stands_at="construct_mode"),
        CellKind("nobody-responsible", "FP01-02", 1, "FP-01", started("123456"),
                 _to("responsible_person", None)),
        CellKind("started-before-approval", "FP01-03", 1, "FP-01",
                 lambda row: row.get("start_date") is not None and row["state"] in "4",
                 day_before("start_date", "approve_date")),
        CellKind("handed-over-before-acceptance", "FP01-03", 1, "FP-01", _has("handover_date"),
                 day_before("handover_date", "cty_accept_date")),
        CellKind("no-permanent-board", "FP01-03", 1, "FP-01",
                 lambda row: in_state("78")(row) and row["construct_mode"] in "123",
                 _to("board_date", None), stands_at="state"),
        CellKind("progress-before-start", "FP01-04", 1, "FP-01", in_state("123"),
                 _to("progress_pct", Decimal("15.0")), stands_at="state"),
        CellKind("complete-at-90-percent", "FP01-04", 1, "FP-01", in_state("5678"),
                 _to("progress_pct", Decimal("90.0")), stands_at="state"),
        CellKind("under-way-at-100-percent", "FP01-04", 1, "FP-01", in_state("4"),
                 _to("progress_pct", Decimal("100.0")), stands_at="state"),
        CellKind("no-audit", "FP01-07", 1, "FP-01", _audit_due,
                 _to("audit_date", None), severity="warning"),
        CellKind("notice-too-short", "FP01-08", 1, "FP-01", _has("notice_to"),
                 lambda row, _c: {"notice_to": later(row["notice_from"], 6)}),
    ]  # fmt: skip


def _audit_due(row: SimulatedRow) -> bool:
    """Tell whether works were complete a year before the latest date of the row."""
    complete, checked = row.get("complete_date"), row.get("last_check_date")
    if row["row_kind"] != "1" or complete is None or checked is None:
        return False
    months = (checked.year - complete.year) * 12 + checked.month - complete.month
    return row.get("audit_date") is not None and months >= 12


def _money_kinds() -> list[Kind]:
    def accounted(row: SimulatedRow) -> bool:
        return row["fund_source"] in _FISCAL and row.get("advance_open") is not None

    def labour(row: SimulatedRow) -> bool:
        return bool(row["fund_source"] == "52" and row["labour_days_y"] > 0)

    return [
        CellKind("advances-do-not-settle", "FP02-01", 1, "FP-02", accounted,
                 lambda row, _c: {"advance_open": row["advance_open"] + 2500},
                 stands_at="amount_paid_c"),
        CellKind("balance-does-not-add-up", "FP02-02", 1, "FP-02", accounted,
                 lambda row, _c: {"balance": row["balance"] + 3300}),
        CellKind("balance-below-zero", "FP02-02", 1, "FP-02", accounted,
                 lambda row, _c: {"balance": -row["balance"] - 1200}),
        CellKind("arrived-before-issue", "FP02-03", 1, "FP-02", _has("issue_date", "arrival_date"),
                 lambda row, chance: {"arrival_date": later(row["issue_date"],
                                                            -chance.randint(3, 20))},
                 severity="warning"),
        CellKind("arrived-after-a-season", "FP02-05", 1, "FP-02",
                 _has("issue_date", "arrival_date"),
                 lambda row, chance: {"issue_date": later(row["arrival_date"],
                                                          -chance.randint(95, 150))},
                 stands_at="arrival_date", severity="warning"),
        CellKind("labour-without-days", "FP02-04", 1, "FP-02", labour,
                 _to("labour_days_y", 0), stands_at="amount_issued_y"),
        CellKind("labour-day-too-dear", "FP02-04", 1, "FP-02",
                 lambda row: labour(row) and row["labour_days_expected_y"] > 20
                 and row["fund_year"] <= 2010 and row["issue_date"] is None,
                 lambda row, _c: {"labour_days_expected_y": row["labour_days_expected_y"] // 2},
                 stands_at="expected_y", severity="warning"),
    ]  # fmt: skip


def _village_kinds() -> list[Kind]:
    def village(row: SimulatedRow) -> bool:
        return bool(row["row_kind"] == "1")

    def other_band(row: SimulatedRow, _chance: Random) -> Values:
        return {"pop_band": "1" if row["pop_band"] != "1" else "5"}

    return [
        CellKind("more-poor-than-people", "FP03-01", 1, "FP-03", village,
                 lambda row, _c: {"poor_persons": row["persons"] + 7}),
        CellKind("more-poor-than-households", "FP03-01", 1, "FP-03", village,
                 lambda row, _c: {"poor_households": row["households"] + 2}),
        CellKind("band-does-not-fit", "FP03-02", 1, "FP-03", village, other_band),
        CellKind("more-irrigated-than-arable", "FP03-03", 1, "FP-03", village,
                 lambda row, _c: {"irrigated_mu": row["arable_mu"] + 5}),
        CellKind("left-the-list-too-early", "FP03-05", 1, "FP-03",
                 lambda row: village(row) and row.get("exit_year_planned") is not None
                 and row["poor_persons"] * 20 > row["persons"]
                 and all(row[item] for item in ("road", "water", "power", "clinic")),
                 lambda row, _c: {"exit_date": date(row["exit_year_planned"] - 1, 1, 9)}),
        CellKind("lump-outside-its-band", "FP03-06", 1, "FP-03",
                 lambda row: row["row_kind"] == "2" and row["persons"] < 290 * row["units"],
                 _to("pop_band", "5"), stands_at="persons", severity="warning"),
        CellKind("place-is-not-the-committee", "FP03-07", 1, "FP-03", village,
                 lambda row, _c: {"place_code": f"{row['place_code'][:9]}000"},
                 stands_at="village_id"),
        CellKind("households-too-large", "G7", 1, "FP-03",
                 lambda row: row["row_kind"] == "2" and row["households"] >= 20,
                 lambda row, _c: {"persons": row["households"] * 7}, severity="warning"),
    ]  # fmt: skip


def _housing_kinds() -> list[Kind]:
    def large(row: SimulatedRow) -> bool:
        return bool(row["houses_plan"] >= 20)

    return [
        CellKind("subsidy-ten-times", "FP08-01", 1, "FP-08", _any,
                 lambda row, _c: {"subsidy_plan": row["subsidy_plan"] * 10}),
        CellKind("more-finished-than-roofed", "FP08-02", 1, "FP-08",
                 lambda row: row["houses_roofed"] < row["houses_started"],
                 lambda row, _c: {"houses_finished": row["houses_roofed"] + 1}),
        CellKind("more-moved-than-planned", "FP08-02", 1, "FP-08",
                 lambda row: row["standard_basis"] == "1" and row["moved_hh_c"] >= 10,
                 lambda row, _c: {"plan_hh": row["moved_hh_c"] * 8 // 10},
                 stands_at="moved_hh_c", severity="warning"),
        CellKind("houses-too-small", "FP08-03", 1, "FP-08", large,
                 lambda row, _c: {"house_area_m2": Decimal(row["houses_plan"] * 33)},
                 severity="warning"),
        CellKind("income-below-the-line", "FP08-06", 1, "FP-08", _has("income_after_pc"),
                 _to("income_after_pc", Decimal(640)), severity="warning"),
    ]  # fmt: skip


def _row_twice(target: Target, chance: Random) -> Planting | None:
    """Copy a row of the main table below the last one, cell by cell."""
    table = target.filed.main_table
    rows = [row for row in target.rows() if row["row_kind"] != "3"]
    if not rows:
        return None
    index = chance.randrange(len(rows))
    below = max(target.places.row_nos[table]) + 1
    letters = target.places.letters[table]
    edits = tuple(
        Edit(target.sheet, f"{letters[name]}{below}", value)
        for name, value in rows[index].items()
        if value is not None and not isinstance(value, bool)
    ) + tuple(
        Edit(target.sheet, f"{letters[name]}{below}", "是" if value else "否")
        for name, value in rows[index].items()
        if isinstance(value, bool)
    )
    key = target.key(rows[index])
    cell = f"{letters[next(iter(key))]}{below}"
    truth = Truth(target.file, target.sheet, cell, "G4", "error", 1, key, "", "row copied")
    return Planting(edits, (truth,))
