"""Upwards: what a cell is said to feed is exactly what is traced down to it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from warehouse.contracts import mart_contracts
from warehouse.database import Role, connect
from warehouse.errors import TraceError, UsageError
from warehouse.settings import Settings
from warehouse.trace import trace
from warehouse.trace_feeds import Feeds, feeds

Cell = tuple[int, str, str]
Figures = set[tuple[str, str, str]]
SUBJECTS = [contract.subject for contract in mart_contracts(Settings())]


@pytest.fixture(scope="module")
def traced_down(published: Settings) -> dict[Cell, Figures]:
    """Return, of every cell, the figures whose trace names it: all traces of the month at once."""
    found: dict[Cell, Figures] = defaultdict(set)
    with connect(published, Role.admin) as connection:
        for subject in SUBJECTS:
            rows = connection.execute(
                "select cells.submission_id, cells.sheet, position.column_letter || cells.row_no,"
                " cells.figure_keys - 'stat_month', lead.measure"
                " from (select array_agg(distinct area_code) as codes,"
                f" to_jsonb(array_agg(shown)) as rows from published.{subject} as shown) as area"
                " cross join lateral trace.cells(%(subject)s, '2009-11.r1', area.codes, null,"
                " (select array_agg(distinct part_measure) from trace.lead()"
                " where subject = %(subject)s)) as cells"
                " inner join trace.lead() as lead on lead.subject = %(subject)s"
                " and lead.part_measure = cells.measure"
                " inner join raw.column_position as position"
                " on position.submission_id = cells.submission_id"
                " and position.sheet = cells.sheet and position.table_name = cells.table_name"
                " and position.column_name = cells.column_name"
                f" inner join published.{subject} as shown"
                " on to_jsonb(shown) @> cells.figure_keys"
                " where cells.value is not null and to_jsonb(shown) ->> lead.measure is not null",
                {"subject": subject},
            ).fetchall()
            for submission_id, sheet, cell, keys, measure in rows:
                figure = (subject, json.dumps(keys, sort_keys=True), measure)
                found[submission_id, sheet, cell].add(figure)
    return found


def figures_of(found: Feeds) -> Figures:
    return {
        (one["table"], json.dumps(one["keys"], sort_keys=True), one["measure"])
        for one in found.figures
    }


def receipts(settings: Settings) -> dict[int, str]:
    with connect(settings, Role.builder) as connection:
        rows = connection.execute("select submission_id, receipt_no from ops.submission").fetchall()
    return dict(rows)


def test_a_cell_feeds_exactly_the_figures_traced_to_it(
    published: Settings, traced_down: dict[Cell, Figures]
) -> None:
    known = receipts(published)
    # Of every sheet, the cells that feed least and most.
    by_sheet: dict[str, list[Cell]] = defaultdict(list)
    for cell in sorted(traced_down, key=lambda cell: (len(traced_down[cell]), cell)):
        by_sheet[cell[1]].append(cell)
    sample = [cell for cells in by_sheet.values() for cell in {cells[0], cells[-1]}]
    assert len(by_sheet) == 4
    for cell in sample:
        submission_id, sheet, address = cell
        assert (
            figures_of(feeds(published, known[submission_id], sheet, address))
            == (traced_down[cell])
        ), cell
    tables = {figure[0] for cell in sample for figure in traced_down[cell]}
    assert tables >= {"fund_progress", "project_status", "village_poverty", "relocation_progress"}
    assert "control_total" in tables


def test_a_figure_of_a_cell_traces_to_that_cell(
    published: Settings, traced_down: dict[Cell, Figures]
) -> None:
    cell = max(traced_down, key=lambda cell: (len(traced_down[cell]), cell))
    found = feeds(published, receipts(published)[cell[0]], cell[1], cell[2])
    for one in found.figures[:: max(1, len(found.figures) // 5)]:
        keys: dict[str, Any] = {
            name: json.dumps(key) if isinstance(key, dict) else str(key)
            for name, key in one["keys"].items()
        }
        back = trace(published, one["table"], {"stat_month": "2009-11", **keys}, one["measure"])
        assert cell in {(c.submission_id, c.sheet, c.cell) for c in back.cells}
        assert str(back.value) == one["value"]


def test_a_cell_without_a_figure_says_why(published: Settings) -> None:
    receipt = max(receipts(published).values())
    with connect(published, Role.builder) as connection:
        placed = connection.execute(
            "select submission.receipt_no, position.sheet, position.column_letter || '900'"
            " from raw.column_position as position inner join ops.submission as submission"
            " on position.submission_id = submission.submission_id"
            " where position.table_name in ('fp01b', 'fp02b') limit 1"
        ).fetchone()
    if placed is not None:
        found = feeds(published, *placed)
        assert found.figures == ()
        assert "sub-table" in (found.note or "")
    with pytest.raises(UsageError, match="no cell"):
        feeds(published, receipt, "FP-02", "K0")
    with pytest.raises(TraceError, match="no table on a sheet"):
        feeds(published, receipt, "nowhere", "K7")
    with pytest.raises(TraceError, match="never received"):
        feeds(published, "nothing.xlsx", "FP-02", "K7")
