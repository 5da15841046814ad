"""How labels and headings are compared: half-width, without blanks, English and closing colons."""

from __future__ import annotations

import re
from typing import Final

from ingest.read.marks import narrow

_ENGLISH: Final = re.compile(r"[\s:]+[A-Za-z][\x20-\x7e]*$")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_UNIT_ALONE: Final = re.compile(r"[(（\[【][^()（）]*[)）\]】]")


def english_cut(text: str) -> str:
    """Return the Chinese part of a label: before a line break, else without trailing English."""
    lines = text.strip().splitlines()
    return _ENGLISH.sub("", lines[0].strip()) if lines else ""


def chinese_part(text: str) -> str:
    """Return a label that was broken over several lines in one: its lines with Chinese in them."""
    lines = [_ENGLISH.sub("", line.strip()) for line in text.strip().splitlines()]
    return "".join(line for line in lines if _CHINESE.search(line) or _UNIT_ALONE.fullmatch(line))


def label_key(text: str) -> str:
    """Return a label as it is compared: half-width, without spaces and a closing colon."""
    return "".join(narrow(text).split()).rstrip(":")
