"""The receipt of a return: a short text, Chinese first, that any device can show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ingest.feedback.words import NOTHING_FOUND, SEVERITIES, STATES
from ingest.load.ledger import Submission
from ingest.read.outcome import outcome_words
from warehouse.findings import Finding

_FORMULA: Final = re.compile(r"^\s*[=+\-@\t\r]")


def receipt_text(
    submission: Submission, findings: Sequence[Finding], workbook: str | None = None
) -> str:
    """Return the receipt: file, state, and each finding with its cell and what to do.

    `workbook` is the name of the marked workbook that lies beside it, if there is one.
    """
    state_zh, state_en = STATES.get(submission.state, (submission.state, submission.state))
    outcome = outcome_words(submission.reached, submission.sheets_read, submission.cells_read)
    lines = [
        f"文件 File: {submission.file_name}",
        f"回执 Receipt: {submission.receipt_no}",
        f"收到 Received: {submission.received_at:%Y-%m-%d %H:%M:%S %z}",
        f"报表 Return: {submission.form_code or '?'} {submission.area_code or '?'}"
        f" {_month(submission)} 版本 version {_shown(submission.version)}",
        f"状态 State: {state_zh} / {state_en}",
        *([f"读取 Read: {' / '.join(outcome)}"] if outcome else []),
        *([f"标注的工作簿 Marked workbook: {workbook}"] if workbook else []),
        "",
    ]
    if not findings:
        lines.append(" ".join(NOTHING_FOUND))
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
    zh, en = SEVERITIES[finding.severity]
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
