"""docs/new-county.md, carried out: a county nobody knew, up to its first published month."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from psycopg.rows import dict_row

from ingest.forms.catalogue import load_form
from warehouse.areas import packaged_areas
from warehouse.database import Role, connect
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.integration.conftest import Guide

COUNTY = "530799000000"
FIRST_TOWNSHIP, CLOSED_TOWNSHIP, LATER_TOWNSHIP = "530799101000", "530799202000", "530799203000"
# Issued since 1 January by township and its village committee, yuan.
ISSUED = {
    (FIRST_TOWNSHIP, "530799101201"): 300000,
    (CLOSED_TOWNSHIP, "530799202201"): 150000,
}
OFFICE = {(COUNTY, "FP-02"), (COUNTY, "FP-08")}
TMW = Path(sys.executable).with_name("tmw")


@dataclass
class Story:
    """What each command of the guide printed, in order."""

    settings: Settings
    folder: Path
    said: list[tuple[list[str], str]] = field(default_factory=list)

    def answers(self, *words: str) -> list[Any]:
        """Return what the commands that begin so printed as JSON."""
        return [json.loads(out) for said, out in self.said if tuple(said[: len(words)]) == words]

    def states(self, month: str, place: int) -> dict[tuple[str, str], str]:
        """Return the returns owed in a month, as its first, second ... `tmw status` showed them."""
        asked = [a for a in self.answers("status") if a["stat_month"] == month]
        return {
            (line["area_code"], line["form_code"]): line["state"]
            for line in asked[place]["returns"]
            if line["owed"]
        }


def _fund_row(place: str, issued: int) -> dict[str, object]:
    """Return a detail row of central money for village projects, by the headings of the form."""
    columns = {column.name: column for column in load_form("FP-02").tables[0].columns}
    filed: dict[str, object] = {
        "fund_doc_no": "丽财农〔2010〕1号", "fund_source": "11", "programme": "01",
    }  # fmt: skip
    filed |= {name: 0 for name, c in columns.items() if c.required_kinds and name not in filed}
    filed["amount_issued_y"] = issued
    return {"实施地代码": place, "行类": "1"} | {columns[name].zh: filed[name] for name in filed}


def _say_nil(path: Path) -> None:
    workbook = load_workbook(path)
    sheet = workbook.worksheets[0]
    (cell,) = [row[1] for row in sheet.iter_rows(max_col=2) if "零报告" in str(row[0].value)]
    cell.value = "是"
    workbook.save(path)


@pytest.fixture(scope="module")
def story(
    module_warehouse_home: Settings,
    environment_of: Callable[[Settings], dict[str, str]],
    guide: Callable[[str], Guide],
    fill_return: Callable[..., None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    """Run every command of the guide in its order; the blank returns are filled in between."""
    folder = tmp_path_factory.mktemp("county")
    page, told = guide("new-county.md"), Story(module_warehouse_home, folder)
    page.write_files(folder)
    environment = environment_of(module_warehouse_home)
    filled = False
    for program, *words in page.commands():
        assert program == ".venv/bin/tmw"
        if words[0] in ("check", "submit") and not filled:
            for (township, village), issued in ISSUED.items():
                path = folder / f"FP-02_{township}.xlsx"
                fill_return(path, "FP-02", [_fund_row(village, issued)])
            for form in ("FP-02", "FP-08"):  # the office itself has nothing to report
                _say_nil(folder / f"{form}_{COUNTY}.xlsx")
            filled = True
        json_too = [] if words[:2] == ["forms", "template"] else ["--json"]
        done = subprocess.run(
            [TMW, *words, *json_too],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)
        told.said.append((words, done.stdout))
    return told


def _published(story: Story, columns: str, where: str) -> list[dict[str, Any]]:
    with connect(story.settings, Role.reader) as connection:
        return (
            connection.cursor(row_factory=dict_row)
            .execute(f"select {columns} from published.{where}".encode())
            .fetchall()
        )


def test_the_project_did_not_know_it(story: Story) -> None:
    assert story.answers("areas", "import") == [{"areas": 5}, {"areas": 4}]
    assert not [area for area in packaged_areas() if area.area_code.startswith(COUNTY[:6])]


def test_its_units_owe_what_was_assigned_and_nothing_else(story: Story) -> None:
    owed = {*OFFICE, (FIRST_TOWNSHIP, "FP-02"), (CLOSED_TOWNSHIP, "FP-02")}
    assert story.states("2010-01", 0) == dict.fromkeys(owed, "expected")
    assert story.states("2010-01", 1) == dict.fromkeys(owed, "accepted")


def test_a_blank_return_is_its_units_own(story: Story) -> None:
    path = story.folder / f"FP-02_{FIRST_TOWNSHIP}.xlsx"
    texts = {
        str(cell.value) for row in load_workbook(path).worksheets[0].iter_rows() for cell in row
    }
    assert {FIRST_TOWNSHIP, "新坪镇", "201001", "FP-02"} <= texts


def test_its_first_month_is_published(story: Story) -> None:
    (released,) = story.answers("publish")
    assert released["publications"] == {"2010-01": "2010-01.r1"}
    rows = _published(
        story,
        "area_code, area_level, area_name_zh, issued_yuan_ytd::int as issued, units_included",
        "fund_by_source where programme_code = '01' and fund_source_code = '11' order by area_code",
    )
    total = sum(ISSUED.values())
    first, closed = ISSUED.values()
    names = ("area_code", "area_level", "area_name_zh", "issued", "units_included")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (COUNTY, "county", "新坪县", total, 3),
        (FIRST_TOWNSHIP, "township", "新坪镇", first, 1),
        ("530799101201", "village", "新坪村", first, 0),
        (CLOSED_TOWNSHIP, "township", "河东乡", closed, 1),
        ("530799202201", "village", "河东村", closed, 0),
    ]
    (reporting,) = _published(
        story,
        "expected, accepted",
        f"reporting where area_code = '{COUNTY}' and form_code = 'FP-08'",
    )
    assert (reporting["expected"], reporting["accepted"]) == (1, 1)


def test_its_figure_leads_to_the_cells_of_its_townships(story: Story) -> None:
    (traced,) = story.answers("trace")
    assert traced["value"] == sum(ISSUED.values())
    assert {(cell["file"], cell["value"]) for cell in traced["cells"]} == {
        (f"FP-02_{township}.xlsx", issued) for (township, _), issued in ISSUED.items()
    }


def test_a_township_appears_and_another_is_closed(story: Story) -> None:
    before = {*OFFICE, (FIRST_TOWNSHIP, "FP-02"), (CLOSED_TOWNSHIP, "FP-02")}
    after = {*OFFICE, (FIRST_TOWNSHIP, "FP-02"), (LATER_TOWNSHIP, "FP-02")}
    assert story.states("2010-02", 0) == dict.fromkeys(before, "expected")
    assert story.states("2010-03", 0) == dict.fromkeys(after, "expected")
    rows = _published(
        story, "distinct area_code", f"fund_by_source where area_code = '{CLOSED_TOWNSHIP}'"
    )
    assert rows  # what was published of it stays
