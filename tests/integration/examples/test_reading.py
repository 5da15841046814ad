"""The files read back through the real reader: every cell as written, no finding but Huaping's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from examples.build import write_return
from examples.returns import EXAMPLES, ExampleReturn, example_cells, example_returns, rows_of
from ingest.assess import Assessed, Assessor
from ingest.known_places import KnownPlaces
from ingest.read.sandbox import Sandbox
from warehouse.areas import packaged_areas
from warehouse.month import Month
from warehouse.settings import Settings

RETURNS = [filed for folder in EXAMPLES for filed in example_returns(folder)]
HUAPING_AS_PRINTED = "FP-08-530723-v0"


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Assessed]:
    folder = tmp_path_factory.mktemp("reading")
    with Sandbox(Settings(home=folder / "home")) as sandbox:
        assessor = Assessor(sandbox, KnownPlaces(packaged_areas()))
        return {filed.return_id: _assess(assessor, folder, filed) for filed in RETURNS}


def _assess(assessor: Assessor, folder: Path, filed: ExampleReturn) -> Assessed:
    path = folder / filed.file_name
    write_return(path, filed)
    return assessor.assess(path, filed.file_name, Month(2012, 7))


@pytest.mark.parametrize("filed", RETURNS, ids=lambda filed: filed.return_id)
def test_the_head_names_the_return(filed: ExampleReturn, assessed: dict[str, Assessed]) -> None:
    found = assessed[filed.return_id]
    assert (found.form_code, found.area_code, found.month, found.version) == (
        filed.form_code,
        filed.area_code,
        filed.month,
        filed.version,
    )


@pytest.mark.parametrize("filed", RETURNS, ids=lambda filed: filed.return_id)
def test_every_cell_is_read_as_written(filed: ExampleReturn, assessed: dict[str, Assessed]) -> None:
    table, *others = assessed[filed.return_id].tables
    assert [len(other.frame) for other in others] == [0] * len(others)
    marked = {cell.text: cell.mark for cell in example_cells(filed.folder)}
    marks = {(mark.row_no, mark.column): mark.status for mark in table.marks}
    assert len(table.frame) == len(rows_of(filed))
    written = set()
    for (row_no, row), texts in zip(table.frame.iterrows(), rows_of(filed), strict=True):
        for column, text in texts.items():
            written.add((row_no, column))
            mark = "A" if text.isdecimal() else marked.get(text, "A")
            assert marks.get((row_no, column), "A") == mark, (column, text)
            if mark == "L":
                assert pd.isna(row[column])
            elif column == "list_complete":
                assert row[column] == (text == "是")
            elif isinstance(row[column], str):
                assert row[column] == text.removesuffix("(估)")
            else:
                assert row[column] == int(text.strip("约").removesuffix("(估)"))
    defaults = {column for column in table.frame if (table.frame[column] == "-").all()}
    filled = {
        (row_no, column)
        for column in table.frame
        if column not in defaults
        for row_no in table.frame.index[table.frame[column].notna()]
    }
    assert filled <= written


@pytest.mark.parametrize("filed", RETURNS, ids=lambda filed: filed.return_id)
def test_nothing_is_found_but_what_the_document_lacks(
    filed: ExampleReturn, assessed: dict[str, Assessed]
) -> None:
    findings = assessed[filed.return_id].findings
    unexplained = [(f.check_id, f.column_name) for f in findings if not f.reason]
    expected = [("FP08-01", "subsidy_plan")] if filed.return_id == HUAPING_AS_PRINTED else []
    assert unexplained == expected
