"""One return in many layouts: whatever a clerk makes of the form, the same rows are read."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ingest.assess import Assessed, Assessor
from ingest.known_places import KnownPlaces
from ingest.read.sandbox import Sandbox
from warehouse.areas import packaged_areas
from warehouse.settings import Settings

from .layouts import MONTH, Write
from .pages import UNIT, Page, page, write_xlsx
from .spelled_layouts import LAYOUTS  # those of the module before among them


@dataclass
class Reader:
    """Reads a page through the real reader."""

    assessor: Assessor
    folder: Path

    def read(self, made: Page, name: str, write: Write, suffix: str) -> Assessed:
        path = self.folder / f"{name}.{suffix}"
        write(made, path)
        return self.assessor.assess(path, path.name, MONTH)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("layouts")
    with Sandbox(Settings(home=folder / "home")) as sandbox:
        yield Reader(Assessor(sandbox, KnownPlaces(packaged_areas())), folder)


@pytest.fixture(scope="module")
def expected(reader: Reader) -> Any:
    return rows_of(reader.read(page(), "expected", write_xlsx, "xlsx"))


def rows_of(assessed: Assessed) -> tuple[pd.DataFrame, set[tuple[int, str, str, str | None]]]:
    """Return the rows in the order of their keys, and the marks of their cells."""
    (table,) = [table for table in assessed.tables if table.table_name == "fp02"]
    frame = table.frame.sort_values(["row_kind", "fund_source"])
    places = {row_no: place for place, row_no in enumerate(frame.index)}
    marks = {(places[m.row_no], m.column, m.status, m.reason) for m in table.marks}
    return frame.reset_index(drop=True), marks


def test_there_are_enough_layouts() -> None:
    assert len(LAYOUTS) >= 40


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_same_rows_are_read(name: str, reader: Reader, expected: Any) -> None:
    make, suffix, write = LAYOUTS[name]
    assessed = reader.read(make(), name.replace(" ", "-"), write, suffix)
    assert [f.message_zh for f in assessed.findings if f.severity == "error"] == []
    frame, marks = rows_of(assessed)
    pd.testing.assert_frame_equal(frame, expected[0], check_names=False)
    assert marks == expected[1]
    assert (assessed.area_code, assessed.month, assessed.version) == (UNIT, MONTH, 0)


IN_XLS = ("the blank form filled in", "groups over their parts", "wan yuan in the headings")


@pytest.fixture(scope="module")
def old_workbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of some layouts that LibreOffice saved as xls, in one run."""
    if shutil.which("soffice") is None:
        pytest.skip("install the Debian package libreoffice-calc-nogui")
    folder = tmp_path_factory.mktemp("xls")
    paths = []
    for number, name in enumerate(IN_XLS):
        paths.append(folder / f"{number}.xlsx")
        write_xlsx(LAYOUTS[name][0](), paths[-1])
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
         "--convert-to", "xls", "--outdir", str(folder), *map(str, paths)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize("name", IN_XLS)
def test_the_same_rows_are_read_from_xls(
    name: str, reader: Reader, expected: Any, old_workbooks: Path
) -> None:
    path = old_workbooks / f"{IN_XLS.index(name)}.xls"
    assessed = reader.assessor.assess(path, path.name, MONTH)
    assert [f.message_zh for f in assessed.findings if f.severity == "error"] == []
    frame, marks = rows_of(assessed)
    pd.testing.assert_frame_equal(frame, expected[0], check_names=False)
    assert marks == expected[1]
