"""The answer to a township: Chinese first, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.feedback import feedback_text, neutral, write_feedback
from ingest.load.ledger import Submission
from warehouse.findings import Finding
from warehouse.settings import Settings

NOW = datetime(2009, 12, 8, tzinfo=UTC)


def submission(state: str, area_code: str | None = "530700000000") -> Submission:
    return Submission(
        7, "R-0123456789AB", "00" * 32, "=cmd.xlsx", "FP-02", area_code, date(2009, 11, 1), 0,
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
    text = feedback_text(submission("rejected"), [finding])
    assert "FP-02!K12" in text
    assert text.index("'=中文") < text.index("'-English")
    assert "77" in text
    assert "12" in text
    assert "退回修改" in text


def test_the_answer_lies_in_the_folder_of_the_unit(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert write_feedback(settings, submission("accepted"), []) == (
        tmp_path / "outbox" / "530700000000" / "R-0123456789AB.txt"
    )
    path = write_feedback(settings, submission("unreadable", None), [])
    assert path.parent.name == "unknown"
    assert [p.name for p in path.parent.iterdir()] == [path.name]
