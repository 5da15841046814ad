"""Which return of a unit, form and month counts: the higher version, then the later receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from warehouse.findings import Finding
from warehouse.month import Month

Key = tuple[str, str, Month]  # area, form, month


@dataclass(eq=False)
class Standing:
    """A return that passed its checks and may count; `submission_id` is None before it is stored.

    `figures` is the digest of what it says, `is_answer` whether it is our answer, sent back.
    `beaten_by` is the return that counts in its place; `has_counted` tells whether it ever did.
    """

    receipt_no: str
    version: int
    received_at: datetime
    submission_id: int | None = None
    figures: str | None = None
    is_answer: bool = False
    beaten_by: Standing | None = None
    has_counted: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def stored_id(self) -> int:
        """Return the id of its submission; it must have been stored."""
        if self.submission_id is None:
            raise ValueError(f"{self.receipt_no} is not stored yet")
        return self.submission_id


def settle(candidate: Standing, current: Standing | None) -> Standing:
    """Return which of the two counts; the other is marked as beaten, with findings."""
    if current is None:
        return candidate
    if candidate.version < current.version:
        candidate.beaten_by = current
        candidate.findings.append(_lower_version(candidate, current))
        return current
    if candidate.version == current.version:
        if not _only_explains(candidate, current):
            candidate.findings.append(_equal_version(candidate, current))
        if candidate.received_at < current.received_at:
            candidate.beaten_by = current
            return current
    current.beaten_by = candidate
    return candidate


def settle_all(
    candidates: list[tuple[Key, Standing]], current: Mapping[Key, Standing]
) -> dict[Key, Standing]:
    """Settle a batch in order of receipt; return what counts for each unit, form and month."""
    counts = dict(current)
    for key, candidate in candidates:
        counts[key] = settle(candidate, counts.get(key))
        counts[key].has_counted = True
    return counts


def _only_explains(candidate: Standing, current: Standing) -> bool:
    """Tell whether our answer came back with the same figures: nobody has to say which counts."""
    return candidate.is_answer and candidate.figures == current.figures is not None


def _equal_version(candidate: Standing, current: Standing) -> Finding:
    return Finding(
        "IN-version-equal",
        "warning",
        0,
        f"本单位本月已有报送版本{current.version}的报表（回执{current.receipt_no}），"
        "两份中以后收到的为准。更正报表请把报送版本加1。",
        f"A return of version {current.version} is here already (receipt {current.receipt_no});"
        " the one received later counts. Raise the version by 1 when you correct a return.",
        value=str(candidate.version),
        expected=str(current.version + 1),
    )


def _lower_version(candidate: Standing, current: Standing) -> Finding:
    return Finding(
        "IN-version-lower",
        "info",
        0,
        f"已收到报送版本{current.version}（回执{current.receipt_no}），本文件版本较低，只存档，不采用。"
        f"如要采用本文件的数字，请把报送版本改为{current.version + 1}后重新报送。",
        f"Version {current.version} (receipt {current.receipt_no}) is here already, so this file is"
        f" kept but does not count. To use its figures send them as version {current.version + 1}.",
        value=str(candidate.version),
        expected=str(current.version + 1),
    )
