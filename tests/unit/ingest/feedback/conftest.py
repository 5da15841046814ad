"""Workbooks as reporters make them, and answers about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.feedback.content import Content, line_of
from warehouse.findings import Finding

Answer = Callable[..., Content]


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """Return a function that makes a finding at a cell of FP-02."""

    def make(cell: str | None = "B3", severity: Any = "error", **changes: Any) -> Finding:
        given = {
            "check_id": "G4",
            "message_zh": "“项目类别”填的“77”不在代码表内。",
            "message_en": '"77" is no code of "programme".',
            "sheet": "FP-02",
            "value": "77",
            "expected": "01",
            "row_key": {"place_code": "530702000000"},
            "column_name": "programme",
            **changes,
        }
        return Finding(severity=severity, level=1, cell=cell, **given)

    return make


@pytest.fixture
def answer() -> Answer:
    """Return a function that makes the content of an answer from findings."""

    def make(*findings: Finding, **changes: Any) -> Content:
        lines = tuple(line_of(number, found) for number, found in enumerate(findings, start=1))
        facts = (("文件 File", "=cmd.xlsx"), ("状态 State", "退回修改 / returned for correction"))
        return Content("R-0123456789AB", facts, lines, **{"only_sheet": "FP-02", **changes})

    return make
