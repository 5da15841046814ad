"""How far a file got is said in words, in both languages."""

from __future__ import annotations

import pytest

from ingest.read.outcome import outcome_words


@pytest.mark.parametrize(
    ("reached", "zh", "en"),
    [
        ("preflight", "没有打开", "before it was opened"),
        ("opened", "读了2张工作表、7个单元格", "sheets read: 2, cells: 7"),
        ("table_searched", "查找报表（读了2张工作表、7个单元格）", "searched for the return"),
    ],
)
def test_each_outcome_has_its_words(reached: str, zh: str, en: str) -> None:
    words = outcome_words(reached, 2, 7)
    assert words is not None
    assert zh in words[0]
    assert en in words[1]


def test_nothing_is_said_of_files_received_before_it_was_noted() -> None:
    assert outcome_words(None, None, None) is None
