"""What a check found: one shape from the reader, the rules over months and the gate's inputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One finding about one cell, row or file.

    `level` is the validation level of the European Statistical System (0 file and structure,
    1 within one file, 2 over time, 3 across forms, 4 across areas). `row_key` holds the key
    columns of the row by their canonical names. `reason` is set where the finding is explained
    (mark L, waiver); such a finding asks nothing more of anybody.
    """

    check_id: str
    severity: Severity
    level: int
    message_zh: str
    message_en: str
    file: str | None = None
    sheet: str | None = None
    cell: str | None = None
    form_code: str | None = None
    value: str | None = None
    expected: str | None = None
    row_key: dict[str, str] = field(default_factory=dict)
    column_name: str | None = None
    reason: str | None = None
    submission_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the published JSON shape of a finding."""
        names = (
            "submission_id", "file", "sheet", "cell", "form_code", "check_id", "severity",
            "level", "value", "expected", "message_zh", "message_en",
        )  # fmt: skip
        record = asdict(self)
        return {name: record[name] for name in names}


@dataclass(frozen=True)
class StatedReason:
    """A reason, and the warning it was written beside (as in `Finding`)."""

    check_id: str
    reason: str
    sheet: str | None = None
    cell: str | None = None
    row_key: dict[str, str] = field(default_factory=dict)
    column_name: str | None = None
    value: str | None = None
    expected: str | None = None
