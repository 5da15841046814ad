"""Answers to a request for a signature: signed and published, refused, or not to be counted."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from warehouse.database import Role, connect
from warehouse.releases import ReleaseResult, publish
from warehouse.settings import Settings
from warehouse.signature_requests import (
    SignatureRequest,
    end_request,
    over,
    read_request,
)
from warehouse.signers import signer_name
from warehouse.signing import record_signature


@dataclass(frozen=True)
class Answer:
    """What somebody answered; without `airflow_user` nobody did in time."""

    approved: bool
    airflow_user: str | None
    reason: str


@dataclass(frozen=True)
class Ending:
    """How a request ended, and the release made of it."""

    outcome: str
    release: ReleaseResult | None = None


def objection(settings: Settings, request_id: int, answer: Answer) -> str | None:
    """Return why an answer does not count; it is kept for who is asked next. None when it counts.

    Only a recorded signer decides, and an approval needs a reason.
    """
    if answer.airflow_user is None or not _is_open(settings, request_id):
        return None
    if signer_name(settings, answer.airflow_user) is None:
        zh = f"{answer.airflow_user} 不是签发人，答复无效，未发布任何数据。"
        en = (
            f"{answer.airflow_user} may not sign: the answer does not count, nothing was"
            f" published. Record a signer: tmw signers add NAME --airflow-user"
            f" {answer.airflow_user}"
        )
    elif answer.approved and not answer.reason.strip():
        zh = "签发须写明理由，答复无效，未发布任何数据。"
        en = "An approval needs a reason: the answer does not count, nothing was published."
    else:
        return None
    with connect(settings, Role.publisher) as connection:
        connection.execute(
            "update ops.signature_request set remark_zh = %s, remark_en = %s"
            " where request_id = %s and outcome is null",
            [zh, en, request_id],
        )
    return f"{zh} {en}"


def carry_out(settings: Settings, request_id: int, answer: Answer) -> Ending:
    """Act upon an answer that counts; run again after a crash it ends in the same state.

    Approved: each waiting candidate is signed and all months of the request are published in one
    release. Refused, or nobody answered in time: they are held, with the reason. Nothing is done
    when the request is over already. Raises as `publish` does.
    """
    with connect(settings, Role.publisher) as connection:
        request = read_request(connection, request_id, lock=True)
        outcome = request.outcome or over(request)
        if outcome is None:
            who = signer_name(settings, answer.airflow_user) if answer.airflow_user else None
            outcome = _decide(connection, request, answer, who)
        elif request.outcome is None:
            end_request(connection, request_id, outcome)
    if outcome != "signed":
        return Ending(outcome)
    return _publish(settings, request_id)


def _is_open(settings: Settings, request_id: int) -> bool:
    with connect(settings, Role.publisher) as connection:
        return read_request(connection, request_id).outcome is None


def _publish(settings: Settings, request_id: int) -> Ending:
    with connect(settings, Role.publisher) as connection:
        request = read_request(connection, request_id)
        if over(request) == "superseded":  # by a build that began after the signature
            end_request(connection, request_id, "superseded", request.answered_by, request.reason)
            return Ending("superseded")
    return Ending("signed", publish(settings, request.months, reason=request.reason))


def _decide(
    connection: psycopg.Connection, request: SignatureRequest, answer: Answer, who: str | None
) -> str:
    reason = answer.reason.strip() or None
    if answer.approved and who is not None and reason is not None:
        for build in request.waiting:
            record_signature(connection, build.build_id, build.candidate_hash, who, reason)
        outcome = "signed"
    else:
        outcome = "refused" if answer.airflow_user else "timed_out"
        connection.execute(
            "update ops.build set state = 'held' where build_id = any(%s)",
            [[build.build_id for build in request.waiting]],
        )
    end_request(connection, request.request_id, outcome, who, reason)
    return outcome
