"""The limited process that writes workbooks: whatever a file does to it, there is an answer."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from ingest.answer_tag import FINDINGS_SHEET, TAG_SHEET
from ingest.feedback.content import Content
from ingest.feedback.scribe import Scribe, _sendable
from ingest.read.sandbox import Sandbox
from warehouse.errors import LandingError
from warehouse.findings import Finding
from warehouse.settings import Settings


def sheets(data: bytes) -> list[str]:
    return load_workbook(io.BytesIO(data)).sheetnames


@pytest.fixture
def content(finding: Callable[..., Finding], answer: Callable[..., Content]) -> Content:
    return answer(finding("B3"))


def workbook(folder: Path, rows: int = 3) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("FP-02")
    for number in range(rows):
        sheet.append([f"行{number}", number])
    path = folder / "return.xlsx"
    book.save(path)
    return path


def replace_part(path: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = data
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def test_one_process_writes_one_answer_after_the_other(tmp_path: Path, content: Content) -> None:
    settings = Settings(home=tmp_path)
    csv = tmp_path / "return.csv"
    csv.write_text("甲,乙\n1,2\n", encoding="utf-8")
    good = workbook(tmp_path).rename(tmp_path / "good.xlsx")
    broken = workbook(tmp_path)
    replace_part(broken, "xl/styles.xml", b"<styleSheet")
    with Sandbox(settings) as sandbox, Scribe(settings, sandbox) as scribe:
        drafts = None
        for path in (good, broken, csv, None):
            data = scribe.workbook(path, content)
            shown = path in (good, csv)
            expected = [FINDINGS_SHEET, *(["FP-02"] if shown else []), TAG_SHEET]
            assert sheets(data) == expected, path
            drafts = drafts or scribe._drafts
        assert drafts is not None
        assert drafts.is_relative_to(tmp_path)  # all that a run makes is in its home
        assert list(drafts.iterdir()) == []
    assert not drafts.exists()


def test_the_sheets_of_an_earlier_answer_are_not_drawn_again(
    tmp_path: Path, content: Content
) -> None:
    settings = Settings(home=tmp_path)
    answer = tmp_path / "answer.xlsx"
    with Sandbox(settings) as sandbox, Scribe(settings, sandbox) as scribe:
        answer.write_bytes(scribe.workbook(workbook(tmp_path), content))
        (grid,) = _sendable(sandbox.read(answer))
    assert (grid["name"], grid["rows"][1]) == ("FP-02", ["行1", 1])


@pytest.mark.long
def test_what_exhausts_the_process_is_answered_without_the_cells(
    tmp_path: Path, content: Content
) -> None:
    large = workbook(tmp_path, rows=40_000)
    settings = Settings(home=tmp_path, read_memory_bytes=200 * 1024 * 1024)
    with Sandbox(Settings(home=tmp_path)) as sandbox, Scribe(settings, sandbox) as scribe:
        assert sheets(scribe.workbook(large, content)) == [FINDINGS_SHEET, TAG_SHEET]
        small = workbook(tmp_path)
        assert "FP-02" in sheets(scribe.workbook(small, content))


@pytest.mark.long
def test_what_takes_too_long_is_answered_without_the_cells(
    tmp_path: Path, content: Content
) -> None:
    endless = tmp_path / "return.xlsx"
    os.mkfifo(endless)  # whoever opens it waits
    settings = Settings(home=tmp_path, read_timeout_seconds=10)
    with Sandbox(settings) as sandbox, Scribe(settings, sandbox) as scribe:
        assert sheets(scribe.workbook(endless, content)) == [FINDINGS_SHEET, TAG_SHEET]


def test_a_process_that_cannot_start_is_told_in_a_sentence(
    tmp_path: Path, content: Content
) -> None:
    settings = Settings(home=tmp_path, read_memory_bytes=1024 * 1024)
    with (
        Sandbox(settings) as sandbox,
        Scribe(settings, sandbox) as scribe,
        pytest.raises(LandingError, match="could not be composed"),
    ):
        scribe.workbook(None, content)
