"""How far the reading of a file got, in words: with a rejection it says where to look."""

from __future__ import annotations

from typing import Final, Literal

Reached = Literal["preflight", "opened", "table_searched"]

_WORDS: Final = {
    "preflight": ("读取前检查未通过，没有打开", "refused before it was opened"),
    "opened": (
        "已打开，没有读完（读了{sheets}张工作表、{cells}个单元格）",
        "opened but not read to its end (sheets read: {sheets}, cells: {cells})",
    ),
    "table_searched": (
        "已打开并查找报表（读了{sheets}张工作表、{cells}个单元格）",
        "opened and searched for the return (sheets read: {sheets}, cells: {cells})",
    ),
}


def outcome_words(
    reached: str | None, sheets: int | None, cells: int | None
) -> tuple[str, str] | None:
    """Return Chinese and English words; None for a file received before this was noted."""
    if reached is None:
        return None
    zh, en = (text.format(sheets=sheets or 0, cells=cells or 0) for text in _WORDS[reached])
    return zh, en
