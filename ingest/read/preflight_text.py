"""Text with delimiters: which encoding and which delimiter, by rules that are written down.

Encoding: a byte order mark decides; text with NUL bytes is UTF-16 where exactly one byte order
gives printable text; else UTF-8, and GB18030 where it is not valid UTF-8.
Delimiter: of tab, semicolon and comma the one that stands outside quotation marks on most of
the first 1,000 lines; where two stand on as many, the one named first here (figures written
`1,5` or `1,000` put commas on lines that a tab or semicolon divides).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import Final

from ingest.read.unreadable import UnreadableFileError

DELIMITERS: Final = ("\t", ";", ",")
_RULE_LINES: Final = 1_000
_RULE_CHARACTERS: Final = 1 << 18
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_MARKUP: Final = ("<", "{", "[")
_UTF32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_STRANGE: Final = frozenset({"Cn", "Co", "Cs"})


def decode(data: bytes) -> str:
    """Return the text of a file; raise `UnreadableFileError` where it is none."""
    if data.startswith(_UTF32):
        raise _no_text("UTF-32 text")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16_with_mark(data)
    if b"\0" in data:
        return _utf16_without_mark(data)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _has_control(text[:_RULE_CHARACTERS]):
            raise _no_text("binary data of another kind")
        return text
    raise _no_text("neither UTF-8, UTF-16 nor GB18030 text")


def delimiter_of(text: str) -> str:
    """Return the delimiter of a text, by the rule above; raise where it has none."""
    head = _QUOTED.sub('""', text[:_RULE_CHARACTERS])
    lines = head.splitlines()[:_RULE_LINES]
    counts = {mark: sum(mark in line for line in lines) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: counts[mark])  # the first of equals
    if not counts[best]:
        raise UnreadableFileError(
            "IN-not-a-spreadsheet", "a text without commas, semicolons or tabs", reason="prose"
        )
    return best


def examine_text(data: bytes) -> None:
    """Raise `UnreadableFileError` where the bytes are no text with delimiters."""
    text = decode(data)
    start = text[:4096].lstrip("\ufeff \t\r\n")
    if not start:
        raise UnreadableFileError("IN-not-a-spreadsheet", "the file is empty", reason="empty")
    if start.startswith(_MARKUP):
        raise UnreadableFileError(
            "IN-not-a-spreadsheet", "a web page or another text document", reason="markup"
        )
    if start.startswith("MIME-Version:"):
        raise UnreadableFileError("IN-not-a-spreadsheet", "a saved web page", reason="markup")
    delimiter_of(text)


def _utf16_with_mark(data: bytes) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        raise _no_text("damaged UTF-16 text") from error
    if _has_control(text[:_RULE_CHARACTERS]):
        raise _no_text("binary data of another kind")
    return text


def _utf16_without_mark(data: bytes) -> str:
    texts = []
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_printable(text[:_RULE_CHARACTERS]):
            texts.append(text)
    if len(texts) != 1:
        raise _no_text("binary data of another kind")
    return texts[0]


def _is_printable(text: str) -> bool:
    """Tell whether a text has lines and a delimiter, and no character that nobody writes."""
    return (
        not _has_control(text)
        and any(mark in text for mark in DELIMITERS)
        and any(mark in text for mark in "\r\n")
        and not any(unicodedata.category(character) in _STRANGE for character in set(text))
    )


def _has_control(text: str) -> bool:
    return any(
        character < "\t" or "\r" < character < " " or character == "\x7f" for character in set(text)
    )


def _no_text(detail: str) -> UnreadableFileError:
    return UnreadableFileError("IN-not-a-spreadsheet", detail, reason="binary")
