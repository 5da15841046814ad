"""What an answer says, as plain data: it crosses to the limited process that writes workbooks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ingest.answer_tag import identity_text
from warehouse.findings import Finding

Kind = Literal["error", "warning", "info", "explained"]
ChangeKind = Literal["changed", "row_added", "row_removed"]


@dataclass(frozen=True)
class Line:
    """One finding as the answer shows it; `identity` tells it when it comes back."""

    number: int
    kind: Kind
    check_id: str
    severity: str
    sheet: str | None
    cell: str | None
    value: str | None
    expected: str | None
    message_zh: str
    message_en: str
    reason: str | None
    identity: str | None


@dataclass(frozen=True)
class Change:
    """One cell or row that differs from the version before; texts as written in the files."""

    kind: ChangeKind
    sheet: str
    cell: str | None
    row_key: str
    column: str
    before: str
    now: str


@dataclass(frozen=True)
class Changes:
    """What a return changes against the one before it; `left_out` counts those not listed."""

    before: str
    listed: tuple[Change, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Content:
    """An answer: facts about the return (label and text), its findings, what changed.

    `only_sheet` is the name of the one sheet of a file whose sheet has none.
    """

    receipt_no: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...] = ()
    changes: Changes | None = None
    only_sheet: str = "Sheet1"
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the record that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Content:
        """Return what `as_json` made a record of."""
        changes = record["changes"]
        if changes is not None:
            listed = tuple(Change(**change) for change in changes["listed"])
            changes = Changes(changes["before"], listed, changes["left_out"])
        return cls(
            record["receipt_no"],
            tuple((label, text) for label, text in record["facts"]),
            tuple(Line(**line) for line in record["lines"]),
            changes,
            record["only_sheet"],
            tuple(record["notes"]),
        )


def line_of(number: int, finding: Finding) -> Line:
    """Return a finding as the answer shows it."""
    kind: Kind = "explained" if finding.reason else finding.severity
    return Line(
        number,
        kind,
        finding.check_id,
        finding.severity,
        finding.sheet,
        finding.cell,
        finding.value,
        finding.expected,
        finding.message_zh,
        finding.message_en,
        finding.reason,
        identity_text(finding),
    )
