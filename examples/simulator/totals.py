"""The county office's control totals (row kind 3) over everything filed in its county."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_UP, Decimal

from examples.simulator.tables import SimulatedRow
from ingest.forms.catalogue import code_list

_ALL, _FISCAL = "00", "19"
_PARTS, _TOTALS = "1", "2"
Rows = Mapping[str, Mapping[str, Mapping[str, list[SimulatedRow]]]]


def add_control_totals(
    by_unit: dict[str, dict[str, dict[str, list[SimulatedRow]]]],
    office: str,
    index: int,
    printed: dict[str, dict[int, int]],
) -> None:
    """Append the office's control totals of a month to its rows.

    `printed` remembers what was printed in earlier months, for the growth on the year before.
    """
    own = by_unit[office]
    projects = _all(by_unit, "FP-01", "fp01")
    money = _all(by_unit, "FP-02", "fp02")
    villages = _all(by_unit, "FP-03", "fp03")
    sites = _all(by_unit, "FP-08", "fp08")
    own["FP-01"]["fp01"] += _project_totals(projects, office)
    own["FP-02"]["fp02"] += _money_totals(money, office, index, printed)
    own["FP-03"]["fp03"] += _village_totals(villages, office)
    own["FP-08"]["fp08"] += _site_totals(sites, office)


def _all(by_unit: Rows, form: str, table: str) -> list[SimulatedRow]:
    return [row for rows in by_unit.values() for row in rows[form][table]]


def _sum(rows: Iterable[SimulatedRow], measure: str) -> Decimal | None:
    values = [row[measure] for row in rows if row.get(measure) is not None]
    return sum(values, Decimal(0)) if values else None


def _total(
    office: str, codes: SimulatedRow, values: SimulatedRow, *, complete: bool, against: str = _PARTS
) -> list[SimulatedRow]:
    """Return the total as a list: none where nothing makes it up."""
    filled = {name: value for name, value in values.items() if value is not None}
    if not filled:
        return []
    row = {"place_code": office, "row_kind": "3", "compare_with": against}
    return [{**row, "list_complete": complete, **codes, **filled}]


def _money_totals(
    money: list[SimulatedRow], office: str, index: int, printed: dict[str, dict[int, int]]
) -> list[SimulatedRow]:
    totals: list[SimulatedRow] = []
    issued = _sum(money, "amount_issued_y")
    values: SimulatedRow = {
        "amount_planned_y": _sum(money, "amount_planned_y"),
        "amount_issued_y": issued,
    }
    earlier = printed.get("FP-02", {}).get(index - 12)
    if issued is not None:
        printed.setdefault("FP-02", {})[index] = int(issued)
        if earlier:
            growth = (100 * (issued - earlier) / earlier).quantize(Decimal("0.1"))
            if -100 < growth < 1000:
                values |= {"last_year_y": Decimal(earlier), "growth_printed": growth}
    totals += _total(office, {"programme": _ALL, "fund_source": _ALL}, values, complete=True)
    whole = [row for row in money if row["programme"] == "01"]
    fiscal = [row for row in whole if _group(row) == "fiscal"]
    beside = [(_FISCAL, _sum(fiscal, "amount_issued_y"))]
    others = sorted({row["fund_source"] for row in whole if _group(row) != "fiscal"})
    for source in others:
        rows = [row for row in whole if row["fund_source"] == source]
        beside.append((source, _sum(rows, "amount_issued_y")))
    for source, value in beside:
        codes = {"programme": "01", "fund_source": source}
        totals += _total(office, codes, {"amount_issued_y": value}, complete=True)
    stated = [value for _, value in beside if value is not None]
    if stated:
        codes = {"programme": "01", "fund_source": _ALL}
        values = {"amount_issued_y": sum(stated, Decimal(0))}
        totals += _total(office, codes, values, complete=True, against=_TOTALS)
    education = _sum([row for row in money if row["programme"] == "12"], "amount_issued_y")
    codes = {"programme": "12", "fund_source": _ALL}
    totals += _total(office, codes, {"amount_issued_y": _more(education)}, complete=False)
    return totals


def _project_totals(projects: list[SimulatedRow], office: str) -> list[SimulatedRow]:
    industry = [row for row in projects if row["programme"] == "04"]
    return [
        *_total(
            office,
            {"programme": _ALL},
            {
                "amount_approved": _sum(projects, "amount_approved"),
                "investment_done_y": _sum(projects, "investment_done_y"),
            },
            complete=True,
        ),
        *_total(
            office,
            {"programme": "04"},
            {"amount_approved": _more(_sum(industry, "amount_approved"))},
            complete=False,
        ),
    ]


def _village_totals(villages: list[SimulatedRow], office: str) -> list[SimulatedRow]:
    listed = [row for row in villages if row["coverage"] == "1"]
    values = {name: _count(listed, name) for name in ("households", "persons")}
    return _total(office, {"coverage": "1"}, values, complete=True)


def _site_totals(sites: list[SimulatedRow], office: str) -> list[SimulatedRow]:
    totals: list[SimulatedRow] = []
    for programme in sorted({row["programme"] for row in sites}):
        rows = [row for row in sites if row["programme"] == programme]
        for year in sorted({row["plan_year"] for row in rows}):
            parts = [row for row in rows if row["plan_year"] == year]
            values = {name: _count(parts, name) for name in ("plan_p", "houses_plan")}
            codes = {"programme": programme, "plan_year": year, "mode": "0"}
            totals += _total(office, codes, values, complete=True)
    return totals


def _count(rows: list[SimulatedRow], name: str) -> int | None:
    values = [row[name] for row in rows if row.get(name) is not None]
    return sum(values) if values else None


def _more(value: Decimal | None) -> Decimal | None:
    """Return a total that holds more than what is listed, in whole thousands."""
    if value is None:
        return None
    return (value * Decimal("1.15")).quantize(Decimal(1000), ROUND_UP)


def _group(row: SimulatedRow) -> str | None:
    return code_list("fund_source")[row["fund_source"]].group
