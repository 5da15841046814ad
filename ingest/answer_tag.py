"""How an answer is known when it comes back: its sheets, and which warning each reason is for.

A hidden sheet of the answer names the receipt and the sheets we added, and says of each numbered
line of the findings which finding it is. So the lines may be sorted, and rows of the form moved:
a reason still finds its warning. The sheet also keeps how the marked cells looked before.
"""

from __future__ import annotations

import json
from typing import Any, Final

from warehouse.findings import Finding, StatedReason

TAG_SHEET: Final = "_tmw_answer"
MAGIC: Final = "tmw answer"
SHEET, FINDING, MARK = "sheet", "finding", "mark"  # what a line of the hidden sheet is about
FINDINGS_SHEET: Final = "审核结果 Findings"
CHANGES_SHEET: Final = "变动 Changes"
NUMBER_HEADING: Final = "序号 No."
REASON_HEADING: Final = "说明 Reason"
_LONGEST_CELL: Final = 32_000
_IDENTITY: Final = ("check_id", "sheet", "cell", "row_key", "column_name", "value", "expected")


def identity_text(finding: Finding) -> str | None:
    """Return what tells a warning from all others, and its reason so far, as JSON.

    None where nothing is to be explained, or where a text too long for a cell belongs to it.
    """
    if finding.severity != "warning":
        return None
    record: dict[str, Any] = {name: getattr(finding, name) for name in _IDENTITY}
    text = json.dumps({**record, "reason": finding.reason}, ensure_ascii=False)
    return text if len(text) <= _LONGEST_CELL else None


def stated_reason(identity: str, reason: str) -> StatedReason | None:
    """Return the reason written beside a finding; None where it says nothing new.

    `identity` is a text of somebody's file: anything that `identity_text` cannot have written is
    taken for no identity.
    """
    try:
        record = json.loads(identity)
    except (json.JSONDecodeError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("check_id"), str):
        return None
    row_key = record.get("row_key")
    if not isinstance(row_key, dict) or reason == record.get("reason"):
        return None
    texts: dict[str, Any] = {name: record.get(name) for name in _IDENTITY if name != "row_key"}
    parts = [*texts.values(), *row_key, *row_key.values()]
    if not all(part is None or _is_storable(part) for part in parts):
        return None
    return StatedReason(reason=reason, row_key=row_key, **texts)


def _is_storable(part: object) -> bool:
    """Tell whether it is a text that the ledger can hold: JSON can spell some that it cannot."""
    return isinstance(part, str) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in part)
