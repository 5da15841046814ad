"""The reasons in a workbook that came back: what the unit wrote beside its warnings.

The sheets of an earlier answer are taken out before anything looks for a form, so that they are
never taken for one, and the rest of the file is read as if it had never been answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest.answer_tag import (
    FINDING,
    FINDINGS_SHEET,
    MAGIC,
    NUMBER_HEADING,
    REASON_HEADING,
    SHEET,
    TAG_SHEET,
    stated_reason,
)
from ingest.read.sandbox import Grid
from ingest.read.values import cell_text
from warehouse.findings import StatedReason
from warehouse.stated_reasons import LONGEST_REASON

_MOST_REASONS: Final = 10_000
_HEADING_ROWS: Final = 100


@dataclass(frozen=True)
class ReturnedAnswer:
    """An answer that came back: whose receipt it was, and the reasons written into it."""

    receipt_no: str
    reasons: tuple[StatedReason, ...]


def take_answer(grids: list[Grid]) -> tuple[list[Grid], ReturnedAnswer | None]:
    """Return the sheets of the unit alone, and the answer that was among them, if any."""
    tag = next((grid for grid in grids if grid.sheet == TAG_SHEET), None)
    if tag is None or _text(tag, 0, 0) != MAGIC:
        return grids, None
    lines = range(len(tag.rows))
    ours = {TAG_SHEET, *(_text(tag, n, 1) for n in lines if _text(tag, n, 0) == SHEET)}
    identities = {_text(tag, n, 1): _text(tag, n, 2) for n in lines if _text(tag, n, 0) == FINDING}
    reasons: list[StatedReason] = []
    for grid in grids:
        if grid.sheet == FINDINGS_SHEET and grid.sheet in ours:
            reasons += _reasons(grid, identities)
    kept = [grid for grid in grids if grid.sheet not in ours]
    return kept, ReturnedAnswer(_text(tag, 0, 1), tuple(reasons[:_MOST_REASONS]))


def _reasons(grid: Grid, identities: dict[str, str]) -> list[StatedReason]:
    for number, row in enumerate(grid.rows[:_HEADING_ROWS]):
        texts = [cell_text(cell) for cell in row]
        if NUMBER_HEADING in texts and REASON_HEADING in texts:
            first, places = number + 1, (texts.index(NUMBER_HEADING), texts.index(REASON_HEADING))
            break
    else:
        return []
    found = []
    for line in range(first, len(grid.rows)):
        identity = identities.get(_text(grid, line, places[0]))
        reason = " ".join(_text(grid, line, places[1]).split())[:LONGEST_REASON]
        if identity and reason:
            stated = stated_reason(identity, reason)
            if stated is not None:
                found.append(stated)
    return found


def _text(grid: Grid, row: int, column: int) -> str:
    cells = grid.rows[row] if row < len(grid.rows) else []
    return cell_text(cells[column]) if column < len(cells) else ""
