"""What a page shows of a command's output, compared with what the command printed."""

from __future__ import annotations

import re

# Whatever differs from run to run or from machine to machine, each with what stands for it.
VARYING = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:?\d\d)?", "<time>"),
    (r"\b\d{8}T\d{6}Z?\b", "<time>"),
    (r"127\.0\.0\.1:\d+", "<address>"),
    (r"dump of [\d,]+ bytes", "dump of <n> bytes"),
    (r"\(\d+ MB free\)", "(<n> MB free)"),
    # Of a table the words count: its lines and the spaces that fill a column do not.
    (r"(?m)^[┏┡└┗├].*\n", ""),
    (r"[┃│]", "|"),
    (r"(?m)[ \t]+", " "),
    (r"(?m)^ | $", ""),
    (r"(?m)\| [0-9a-f]{12} \|$", "| <hash> |"),  # the last column of a table of releases
    (r"R-[0-9A-F]{12}", "<receipt>"),  # from the bytes of a workbook, which is compressed
)
LEFT_OUT = "..."  # alone: any lines; at the end of a line: the rest of the line


def normal(text: str) -> str:
    """Return a text with what varies replaced by what stands for it."""
    for pattern, standing in VARYING:
        text = re.sub(pattern, standing, text)
    return text.strip()


def says(shown: str, printed: str) -> bool:
    """Tell whether a command printed what the page shows."""
    parts = []
    for line in normal(shown).splitlines():
        if line == LEFT_OUT:
            parts.append(r"(?:.*\n)*?")
        elif line.endswith(LEFT_OUT):
            parts.append(re.escape(line.removesuffix(LEFT_OUT).rstrip()) + ".*\n")
        else:
            parts.append(re.escape(line) + "\n")
    return re.fullmatch("".join(parts), normal(printed) + "\n") is not None
