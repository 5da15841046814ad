"""The answer to a reporting unit: a text file in its folder of the outbox, Chinese first.

The name of the file is its receipt number, so the same return always has one answer.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ingest.load.ledger import Submission
from warehouse.findings import Finding
from warehouse.settings import Settings

UNKNOWN_UNIT: Final = "unknown"
_STATES: Final = {
    "accepted": ("已接收", "accepted"),
    "accepted_with_warnings": ("已接收，有需要说明的问题", "accepted with warnings"),
    "superseded": ("已存档，未采用（已有更新的报表）", "kept, not used: a newer return counts"),
    "withdrawn": ("已撤回", "withdrawn"),
    "rejected": ("退回修改", "returned for correction"),
    "unreadable": ("无法读取", "unreadable"),
}
_SEVERITIES: Final = {
    "error": ("必须修改", "error"),
    "warning": ("请核实说明", "warning"),
    "info": ("提示", "note"),
}
_FORMULA: Final = re.compile(r"^\s*[=+\-@\t\r]")


def write_feedback(settings: Settings, submission: Submission, findings: Sequence[Finding]) -> Path:
    """Write the answer to one return and return its path; an older answer is replaced."""
    area = submission.area_code or UNKNOWN_UNIT
    folder = settings.outbox_dir / area
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{submission.receipt_no}.txt"
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\r\n") as stream:
        stream.write(feedback_text(submission, findings))
    Path(draft).replace(path)
    return path


def feedback_text(submission: Submission, findings: Sequence[Finding]) -> str:
    """Return the answer: file, receipt, state, and each finding with its cell and what to do."""
    state_zh, state_en = _STATES.get(submission.state, (submission.state, submission.state))
    lines = [
        f"文件 File: {submission.file_name}",
        f"回执 Receipt: {submission.receipt_no}",
        f"收到 Received: {submission.received_at:%Y-%m-%d %H:%M:%S %z}",
        f"报表 Return: {submission.form_code or '?'} {submission.area_code or '?'}"
        f" {_month(submission)} 版本 version {_shown(submission.version)}",
        f"状态 State: {state_zh} / {state_en}",
        "",
    ]
    if not findings:
        lines.append("没有发现问题。 Nothing was found.")
    for number, finding in enumerate(findings, start=1):
        lines += [*_finding_lines(number, finding), ""]
    return "\n".join(neutral(line) for line in lines).rstrip() + "\n"


def _month(submission: Submission) -> str:
    return f"{submission.stat_month:%Y-%m}" if submission.stat_month else "?"


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it is pasted into one."""
    flat = " ".join(text.splitlines())
    return f"'{flat}" if _FORMULA.match(flat) else flat


def _finding_lines(number: int, finding: Finding) -> list[str]:
    zh, en = _SEVERITIES[finding.severity]
    place = "!".join(part for part in (finding.sheet, finding.cell) if part) or "-"
    lines = [
        f"{number}. [{zh} {en}] {finding.check_id} 位置 at {place}",
        finding.message_zh,
        finding.message_en,
    ]
    if finding.value is not None:
        expected = f"；应为 expected: {finding.expected}" if finding.expected else ""
        lines.append(f"填写 value: {finding.value}{expected}")
    if finding.reason:
        lines.append(f"已说明 explained: {finding.reason}")
    return lines


def _shown(version: int | None) -> str:
    return "?" if version is None else str(version)
