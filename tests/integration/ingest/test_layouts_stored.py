"""One return in several layouts, taken in by a real warehouse: `raw` holds the same rows."""

from __future__ import annotations

from typing import Any

from ingest.landing import submit_file
from ingest.receive import receive_inbox
from tests.unit.ingest.read.pages import FORM
from tests.unit.ingest.read.spelled_layouts import LAYOUTS
from warehouse.settings import Settings

STORED = (
    "the blank form filled in",
    "columns in another order (csv)",
    "groups over their parts",
    "wan yuan in the headings (ods)",
    "numbered rows and a total in the number column",
    "amounts in Chinese numerals (xlsx)",
    "head side by side (csv)",
    "the blank form filled in (UTF-16 csv)",
)


def test_every_layout_is_stored_as_the_same_rows(
    warehouse_home: Settings, tmp_path: Any, query: Any
) -> None:
    receipts = {}
    for version, name in enumerate(STORED):
        make, suffix, write = LAYOUTS[name]
        made = make()
        for row in made.rows[: made.heading_row]:
            for index, cell in enumerate(row):
                if cell == "报送版本":
                    row[index + 1 + (row[index + 1] is None)] = str(version)
        path = tmp_path / f"{version}.{suffix}"
        write(made, path)
        receipts[submit_file(warehouse_home, path).receipt_no] = name
    batch = receive_inbox(warehouse_home)
    assert [f.message_zh for f in batch.findings if f.severity == "error"] == []
    columns = ", ".join(f'"{c.name}"' for c in FORM.tables[0].columns)
    stored = {
        receipts[s.receipt_no]: query(
            warehouse_home,
            f"select place_code, row_kind, units, compare_with, list_complete, {columns}"
            f" from raw.fp02 where submission_id = {s.submission_id} order by 2, fund_source",
        )
        for s in batch.submissions
    }
    marks = {
        receipts[s.receipt_no]: query(
            warehouse_home,
            "select mark.column_name, mark.status, mark.reason, entry.fund_source"
            " from raw.cell_mark as mark inner join raw.fp02 as entry"
            " using (submission_id, sheet, row_no)"
            f" where mark.submission_id = {s.submission_id} order by 1, 2, 3, 4",
        )
        for s in batch.submissions
    }
    assert set(stored) == set(STORED)
    expected = stored[STORED[0]]
    assert len(expected) == 4
    assert stored == dict.fromkeys(STORED, expected)
    assert marks == dict.fromkeys(STORED, marks[STORED[0]])
    assert len(marks[STORED[0]]) == 4
