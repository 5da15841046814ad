"""The cells at the end of a trace: their address, what stood there, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

ReadText = Callable[[str, str, Iterable[str]], dict[str, str]]


@dataclass(frozen=True)
class TracedCell:
    """One cell: `value` in base units (text where it is no number), `text` as written.

    `cell` is null where the return has no such column and the value is understood (row kind 1).
    `status` is A, E, U, L, M or O; `role` says what the cell is in the figure (part, numerator,
    denominator, weight, counted, stage, printed, computed ...), `amount` what it adds to that part
    of the figure (null where it only decides something), `part` which column of the mart that is.
    """

    submission_id: int
    file: str
    sha256: str
    sheet: str
    cell: str | None
    text: str | None
    value: Decimal | str | None
    conversion: str
    status: str
    role: str
    part: str
    column: str
    amount: Decimal | None
    landing_path: str

    def as_json(self) -> dict[str, Any]:
        """Return the published JSON shape of a traced cell."""
        return {
            "submission_id": self.submission_id,
            "file": self.file,
            "sha256": self.sha256,
            "sheet": self.sheet,
            "cell": self.cell,
            "text": self.text,
            "value": plain_value(self.value),
            "conversion": self.conversion,
            "status": self.status,
            "role": self.role,
            "part": self.part,
            "column": self.column,
            "amount": plain_value(self.amount),
        }


@dataclass(frozen=True)
class TracedReturn:
    """A return (or one that is missing: `submission_id` null) that a count of the ledger counts."""

    unit_code: str
    submission_id: int | None
    receipt_no: str | None
    file: str | None
    amount: Decimal | None
    part: str
    role: str

    def as_json(self) -> dict[str, Any]:
        """Return the JSON shape of a traced return."""
        return {
            "filing_unit_code": self.unit_code,
            "submission_id": self.submission_id,
            "receipt_no": self.receipt_no,
            "file": self.file,
            "amount": plain_value(self.amount),
            "part": self.part,
            "role": self.role,
        }


def plain_value(value: Decimal | str | int | None) -> int | float | str | None:
    """Return a figure as a JSON number, whole where it is whole; text stays text."""
    if value is None or isinstance(value, str):
        return value
    return int(value) if value == int(value) else float(value)


def number_or_text(text: str | None) -> Decimal | str | None:
    """Return a stored value as a number where it is one."""
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def with_texts(cells: tuple[TracedCell, ...], read_text: ReadText) -> tuple[TracedCell, ...]:
    """Return the cells with their text read back from the landed files."""
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for cell in (cell for cell in cells if cell.cell is not None):
        wanted[cell.landing_path, cell.sheet].append(str(cell.cell))
    texts = {
        (path, sheet, address): text
        for (path, sheet), addresses in wanted.items()
        for address, text in read_text(path, sheet, addresses).items()
    }
    return tuple(replace(c, text=texts.get((c.landing_path, c.sheet, str(c.cell)))) for c in cells)
