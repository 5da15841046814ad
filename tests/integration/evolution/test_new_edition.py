"""The end of docs/add-a-column.md: an edition that renames a heading is YAML and nothing else."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openpyxl import load_workbook

from ingest.forms.catalogue import load_form

if TYPE_CHECKING:
    from tests.integration.conftest import Guide
    from tests.integration.evolution.conftest import Checkout

FORM = "ingest/forms/fp02.yml"
YONGNING = "530724102000"
COLUMN = "carried_in"
OLD_HEADING, NEW_HEADING = "上年结转资金", "上年结转结余资金"
OLD, NEW = "2009-12", "2010-01"


@pytest.fixture(scope="module")
def edited(module_checkout: Checkout, guide: Callable[[str], Guide]) -> Checkout:
    """Make the guide's last two edits: the editions of the form, and the renamed column."""
    blocks = guide("add-a-column.md").blocks("yaml")
    (editions,) = (block for block in blocks if block.startswith("editions:"))
    (column,) = (block for block in blocks if f"name: {COLUMN}\n" in block)
    lines = rf"- name: {COLUMN}\n +zh: {OLD_HEADING}\n( +en: .*\n) +headings: .*\n"
    entry = re.compile(rf"^( +){lines}", re.M)
    module_checkout.edit(
        FORM, lambda text: re.sub(r"^editions:\n(?: .*\n)+", editions, text, flags=re.M)
    )
    module_checkout.edit(
        FORM,
        lambda text: entry.sub(lambda found: textwrap.indent(column, found[1]) + found[2], text),
    )
    module_checkout.run(["make", "generate"])
    module_checkout.tmw("db migrate")
    return module_checkout


@pytest.fixture(scope="module")
def blanks(edited: Checkout) -> dict[str, Path]:
    """Return the blank returns of the last month of the old edition and the first of the new."""
    paths = {month: edited.root / f"FP-02_{month}.xlsx" for month in (OLD, NEW)}
    for month, path in paths.items():
        edited.tmw(f"forms template FP-02 --area {YONGNING} --month {month} -o {path}")
    return paths


def _row(heading: str, carried_in: float) -> dict[str, object]:
    """Return a detail row, with this heading for the renamed column."""
    columns = {column.name: column for column in load_form("FP-02").tables[0].columns}
    filed: dict[str, Any] = {"fund_source": "12", "programme": "03"}
    filed |= {name: 0 for name, c in columns.items() if c.required_kinds and name not in filed}
    place: dict[str, object] = {"实施地代码": YONGNING, "行类": "1"}
    return place | {columns[name].zh: filed[name] for name in filed} | {heading: carried_in}


def _renamed(path: Path, target: Path, old: str, new: str) -> Path:
    """Write the return over with one heading in the wording of the other edition."""
    workbook = load_workbook(path)
    changed = 0
    for cell in (cell for row in workbook["FP-02"].iter_rows() for cell in row):
        if str(cell.value).startswith(f"{old}("):
            cell.value = str(cell.value).replace(old, new)
            changed += 1
    assert changed == 1
    workbook.save(target)
    return target


def test_it_needs_yaml_alone(edited: Checkout) -> None:
    assert edited.touched() == {FORM}
    text = (edited.root / FORM).read_text(encoding="utf-8")
    assert [edition["edition"] for edition in yaml.safe_load(text)["editions"]] == ["2009", "2010"]


def test_returns_of_both_editions_are_read(
    edited: Checkout, blanks: dict[str, Path], fill_return: Callable[..., None]
) -> None:
    fill_return(blanks[OLD], "FP-02", [_row(OLD_HEADING, 70.5)])
    fill_return(blanks[NEW], "FP-02", [_row(NEW_HEADING, 80.5)])
    edited.tmw(f"submit {blanks[OLD]} {blanks[NEW]}")
    received = json.loads(edited.tmw("receive --json").stdout)
    assert [f for f in received["findings"] if f["check_id"].startswith("IN-heading")] == []
    rows = edited.rows(
        "select to_char(submission.stat_month, 'YYYY-MM') as month, filed.carried_in::float"
        " from raw.fp02 as filed inner join ops.submission as submission"
        " on filed.submission_id = submission.submission_id"
        " where submission.stat_month > '2009-11-30' order by 1"
    )
    assert rows == [{"month": OLD, "carried_in": 70.5}, {"month": NEW, "carried_in": 80.5}]
    headings = edited.rows(
        "select heading from raw.column_position as place inner join ops.submission as submission"
        " on place.submission_id = submission.submission_id where column_name = 'carried_in'"
        " and stat_month > '2009-11-30' order by stat_month"
    )
    assert [row["heading"].split("(")[0] for row in headings] == [OLD_HEADING, NEW_HEADING]


def test_a_heading_of_the_other_edition_is_a_finding(
    edited: Checkout, blanks: dict[str, Path], tmp_path: Path
) -> None:
    too_old = _renamed(blanks[NEW], tmp_path / "too-old.xlsx", NEW_HEADING, OLD_HEADING)
    too_new = _renamed(blanks[OLD], tmp_path / "too-new.xlsx", OLD_HEADING, NEW_HEADING)
    findings = json.loads(
        edited.tmw(f"check --json {too_old} {too_new}", exit_code=1).stdout,
    )
    for path, asked in ((too_old, NEW_HEADING), (too_new, OLD_HEADING)):
        found = {f["check_id"]: f for f in findings if f["file"] == path.name}
        assert {"IN-heading-unknown", "IN-heading-missing"} <= set(found)
        assert all(found[check]["severity"] == "error" for check in found if "heading" in check)
        assert asked in found["IN-heading-missing"]["message_zh"]
