"""Where a month waits for a signature, or why none was given: what `tmw status --month` adds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cli.airflow_api import AirflowApi, AirflowError
from cli.airflow_forms import waiting_forms
from cli.stack_state import is_running
from warehouse.month import Month
from warehouse.settings import Settings
from warehouse.signature_requests import request_about


@dataclass(frozen=True)
class SignatureStatus:
    """The last request about a month's build in force; `form` is its page while it waits."""

    outcome: str
    answered_by: str | None
    reason: str | None
    form: str | None
    sentences: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the record that `tmw status --month --json` holds as `signature`."""
        record = asdict(self)
        del record["sentences"]
        return record


def signature_status(settings: Settings, month: Month) -> SignatureStatus | None:
    """Return what was asked about a month; None where no signature was asked for."""
    request = request_about(settings, month)
    if request is None:
        return None
    form = None if request.outcome else _form(settings, request.stat_month)
    command = f"tmw publish --month {month} --sign NAME --reason TEXT"
    why = request.reason or "未写理由 no reason given"
    sentences: tuple[str, ...] = ()
    if request.outcome is None:
        where = form or "（Airflow 未运行 Airflow is not running）"
        sentences = (
            f"等待签发，表单在 {where}",
            f"It waits for a signature: answer the form at {where}, or: {command}",
        )
        sentences += tuple(filter(None, (request.remark_zh, request.remark_en)))
    elif request.outcome == "refused":
        sentences = (
            f"{request.answered_by} 未予签发：{why}",
            f"{request.answered_by} refused to sign: {why}. Sign all the same: {command}",
        )
    elif request.outcome == "timed_out":
        sentences = (
            "逾期无人签发，暂不发布。",
            f"Nobody signed in time, so it is held. Sign it now: {command}",
        )
    return SignatureStatus(
        request.outcome or "open", request.answered_by, request.reason, form, sentences
    )


def _form(settings: Settings, month: Month) -> str | None:
    if not is_running(settings):
        return None
    try:
        forms = waiting_forms(AirflowApi(settings), month)
    except AirflowError:
        return None
    return forms[0].url if forms else None
