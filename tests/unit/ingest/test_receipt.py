"""The receipt of a return: Chinese first, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ingest.feedback.receipt import neutral, receipt_text
from ingest.load.ledger import Submission
from warehouse.findings import Finding

NOW = datetime(2009, 12, 8, tzinfo=UTC)


def submission(state: str) -> Submission:
    return Submission(
        7, "R-0123456789AB", "00" * 32, "=cmd.xlsx", "FP-02", "530700000000", date(2009, 11, 1), 0,
        NOW, NOW, state,
    )  # fmt: skip


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " ="])
def test_formulas_are_neutralised(start: str) -> None:
    assert neutral(f"{start}1+1").startswith("'")


def test_text_is_left_as_it_is_and_kept_on_its_line() -> None:
    assert neutral("下达 Issued\n=1") == "下达 Issued =1"


def test_each_finding_stands_with_its_place_and_both_sentences() -> None:
    finding = Finding(
        "G4", "error", 1, "=中文", "-English", sheet="FP-02", cell="K12", value="77", expected="12"
    )
    text = receipt_text(submission("rejected"), [finding], "R-0123456789AB.xlsx")
    assert "FP-02!K12" in text
    assert text.index("'=中文") < text.index("'-English")
    assert "77" in text
    assert "12" in text
    assert "退回修改" in text
    assert "R-0123456789AB.xlsx" in text
