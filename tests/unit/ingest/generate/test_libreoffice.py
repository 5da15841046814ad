"""Blank returns in the office suite that many townships use: opened, saved again, printed."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from ingest.assess import Assessed, Assessor
from ingest.forms.catalogue import load_forms
from ingest.forms.model import LAST_MONTH, Form
from ingest.generate.choices import Choice
from ingest.generate.fill import write_filled_template
from ingest.generate.layout import Row, sheet_of
from ingest.known_places import KnownPlaces
from ingest.read.sandbox import Sandbox
from warehouse.areas import packaged_areas
from warehouse.month import Month
from warehouse.settings import Settings

FORMS = list(load_forms().values())
MONTH = Month(2009, 11)
INSTALL = "install the Debian packages libreoffice-calc-nogui, poppler-utils and fonts-noto-cjk"
MISSING = [name for name in ("soffice", "pdftotext") if shutil.which(name) is None]
PROJECT = "20095307220200000001"
ROW: Row = {"place_code": "530722208201", "row_kind": "1", "programme": "02"}
OWN: dict[str, Row] = {
    "FP-01": {"project_code": PROJECT, "project_name": "松坪村道", "state": "4", "progress_pct": 40,
              "start_date": date(2009, 4, 1), "plan_amount": 600000.5},
    "FP-02": {"fund_source": "12", "project_code": PROJECT, "amount_issued_y": "600000(估)"},
    "FP-03": {"village_id": "530722208201000", "coverage": "1", "persons": 224, "road": "是"},
    "FP-08": {"from_village": "530722208201000", "mode": "2", "plan_year": 2009, "plan_hh": 12},
}  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """A folder of workbooks and what LibreOffice made of them, by form code."""

    written: Path
    again: Path
    printed: Path


def test_it_is_there_where_everything_must_be_tested() -> None:
    assert not MISSING or os.environ.get("CI") != "true", INSTALL


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    if MISSING:
        pytest.skip(f"{', '.join(MISSING)} missing: {INSTALL}")
    folder = tmp_path_factory.mktemp("libreoffice")
    result = Saved(folder / "written", folder / "again", folder / "printed")
    result.written.mkdir()
    for form in FORMS:
        row = row_of(form)
        main = form.tables[0].name
        write_filled_template(
            result.written / f"{form.form_code}.xlsx", form, {main: [row]},
            area_code="530722208000", area_name="松坪傈僳族彝族乡", month=MONTH,
            villages=[Choice("530722208201000", "松坪村委会")],
            projects=[Choice(PROJECT, "松坪村道")], last_rows={main: [row]},
        )  # fmt: skip
    for kind, target in (("xlsx", result.again), ("pdf", result.printed)):
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
             "--convert-to", kind, "--outdir", str(target),
             *map(str, sorted(result.written.iterdir()))],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    return result


@pytest.fixture(params=FORMS, ids=lambda form: form.form_code)
def form(request: pytest.FixtureRequest) -> Form:
    found: Form = request.param
    return found


def row_of(form: Form) -> Row:
    names = {column.name for column in sheet_of(form, form.tables[0], {}).columns}
    return {n: v for n, v in {**ROW, **OWN[form.form_code]}.items() if n in names}


def assessed(path: Path, home: Path) -> Assessed:
    with Sandbox(Settings(home=home)) as sandbox:
        return Assessor(sandbox, KnownPlaces(packaged_areas())).assess(
            path, path.name, Month(2010, 1)
        )


def test_a_return_saved_by_it_reads_as_before(saved: Saved, form: Form, tmp_path: Path) -> None:
    name = f"{form.form_code}.xlsx"
    before, after = (assessed(folder / name, tmp_path) for folder in (saved.written, saved.again))
    assert after.form_code == form.form_code
    assert after.area_code == "530722208000"
    assert [t.table_name for t in after.tables] == [t.name for t in form.tables]
    for one, other in zip(before.tables, after.tables, strict=True):
        assert one.frame.equals(other.frame)
        assert (one.marks, one.column_letters) == (other.marks, other.column_letters)
    assert len(after.tables[0].frame) == 1
    assert [f.as_json() for f in after.findings] == [f.as_json() for f in before.findings]


def test_lists_locks_and_grey_figures_survive(saved: Saved, form: Form) -> None:
    path = f"{form.form_code}.xlsx"
    before, after = (openpyxl.load_workbook(f / path) for f in (saved.written, saved.again))
    for table in form.tables:
        old, new = before[table.sheet], after[table.sheet]
        assert new.protection.sheet
        lists = [
            # it shortens the range to 1,000 rows below the last one used
            {(str(check.sqref).split(":")[0], str(check.formula1).replace("'", ""),
              check.errorStyle or "stop")
             for check in sheet.data_validations.dataValidation
             if check.type == "list" and "!" in str(check.formula1)}
            for sheet in (old, new)
        ]  # fmt: skip
        assert lists[0] == lists[1] != set()
        for row in old.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith(LAST_MONTH):
                    mine, theirs = cell.offset(row=1), new[cell.coordinate].offset(row=1)
                    assert (theirs.value, theirs.protection.locked) == (mine.value, True)
                    assert theirs.fill.fgColor.rgb[2:] == mine.fill.fgColor.rgb[2:]


def test_it_prints(saved: Saved, form: Form) -> None:
    done = subprocess.run(
        ["pdftotext", "-layout", str(saved.printed / f"{form.form_code}.pdf"), "-"],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    pages = done.stdout.split("\f")
    assert pages[0].strip().startswith(form.title.zh)
    assert "松坪傈僳族彝族乡" in pages[0]
    for text in ("Last month:", "填表说明", "代码"):
        assert any(text in page for page in pages), text
