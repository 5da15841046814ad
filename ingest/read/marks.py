"""Cells that are more, or less, than a plain value: estimated, about, not collected, masked.

A mark is written in the cell itself, because a csv file has no styles or notes:
`150000(估)` E; `约150000`, `150000以上` or `300余万元` U; `未收集(原因)` L; `—`, `-`, `/`, `无` or
`不适用` M.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["E", "U", "L", "M", "O"]

NOT_APPLICABLE: Final = frozenset({"—", "——", "－－", "-", "－", "–", "/", "／", "无", "不适用"})
_NOT_COLLECTED: Final = re.compile(r"未收集\s*(?:[(（](.*)[)）])?", re.DOTALL)
_ESTIMATED: Final = re.compile(r"(.+?)\s*\(估(?:计|算)?(?:数|值)?\)")
_ABOUT: Final = re.compile(r"(?:大约|约|超过|逾)\s*(.+)|(.+?)\s*(?:以上|左右)")
# 300余万元, 十多万: more than what is written; 余额 and the like are other words.
_MORE_THAN: Final = re.compile(
    r"(.*[0-9一二两三四五六七八九十百千万亿])(?:余|多)([万亿元户人亩个套%]*)"
)
# Digits blotted out, or shown as ##### in a column too narrow: "XX", "3x,410", "10 x", "***".
_MASKED: Final = re.compile(r"[\d.,\s]*[xX×*○●□■?#][\d.,\sxX×*○●□■?#]*")


@dataclass(frozen=True)
class Marked:
    """A cell's text without its mark; `reason` is what the reporter gave in parentheses."""

    text: str
    status: Status | None = None
    reason: str | None = None


def without_mark(text: str) -> Marked:
    """Split a cell's text into the value's text and the mark it carries."""
    text = text.strip()
    if text in NOT_APPLICABLE:
        return Marked("", "M")
    missing = _NOT_COLLECTED.fullmatch(text)
    if missing is not None:
        return Marked("", "L", (missing[1] or "").strip() or None)
    return Marked(text)


def without_estimate(text: str) -> Marked:
    """Split `4(估)`, a code that somebody derived, into the code and the mark E."""
    estimated = _ESTIMATED.fullmatch(narrow(text))
    return Marked(text) if estimated is None else Marked(estimated[1].strip(), "E")


def without_number_mark(text: str) -> Marked:
    """Split the text of a number's cell: the marks of `without_mark`, and E and U."""
    marked = without_mark(text)
    if marked.status is not None:
        return marked
    plain = narrow(text)
    status: Status | None = None
    plain, status = _without_about(plain, status)
    estimated = _ESTIMATED.fullmatch(plain)
    if estimated is not None:
        plain, status = _without_about(estimated[1].strip(), status or "E")
    return Marked(plain, status)


def _without_about(plain: str, status: Status | None) -> tuple[str, Status | None]:
    about = _ABOUT.fullmatch(plain)
    if about is not None:
        plain, status = (about[1] or about[2]).strip(), "U"
    more = _MORE_THAN.fullmatch(plain)
    if more is not None:
        plain, status = f"{more[1]}{more[2]}", "U"
    return plain, status


def is_masked(text: str) -> bool:
    """Return whether digits were made unreadable: such text is no number (rule G10)."""
    return _MASKED.fullmatch(narrow(text)) is not None


def narrow(text: str) -> str:
    """Return the text with full-width letters, digits and punctuation made half-width."""
    return unicodedata.normalize("NFKC", text).strip()
