"""Only who is recorded for the moment may sign."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from warehouse.database import Role, connect
from warehouse.errors import SignerError, UsageError
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.signers import add_signer, end_signer, list_signers, signer_name
from warehouse.signing import sign

MONTH = Month(2009, 11)
NOW = datetime.now().astimezone()
DAY = timedelta(days=1)


def test_with_nobody_recorded_nobody_signs(lab: Any) -> None:
    lab.candidate(5, state="waiting_signature")
    with pytest.raises(SignerError, match="tmw signers add NAME"):
        publish(lab.settings, [MONTH], signed_by="王", reason="如文件所载")
    assert lab.published() == []
    assert lab.rows("select count(*) from ops.signature") == [(0,)]


@pytest.mark.parametrize("span", [(-3 * DAY, -DAY), (DAY, None)])
def test_a_signature_counts_only_within_its_span(lab: Any, span: tuple[Any, Any]) -> None:
    add_signer(lab.settings, "李")
    start, end = (bound if bound is None else NOW + bound for bound in span)
    add_signer(lab.settings, "王", valid_from=start, valid_until=end)
    lab.candidate(5, state="waiting_signature")
    with pytest.raises(SignerError, match="王 may not sign"):
        sign(lab.settings, MONTH, "王", "如文件所载")
    sign(lab.settings, MONTH, " 李 ", "如文件所载")


def test_who_is_ended_signs_no_more_and_can_be_recorded_again(lab: Any) -> None:
    add_signer(lab.settings, "王", airflow_user="wang")
    assert signer_name(lab.settings, "wang") == "王"
    assert not end_signer(lab.settings, "王").may_sign_now
    assert signer_name(lab.settings, "wang") is None
    with pytest.raises(UsageError, match="may not sign"):
        end_signer(lab.settings, "王")
    assert add_signer(lab.settings, "王", airflow_user="wang").may_sign_now
    assert [each.may_sign_now for each in list_signers(lab.settings)] == [False, True]


def test_recorded_again_a_signer_is_changed_in_place(lab: Any) -> None:
    add_signer(lab.settings, "王")
    add_signer(lab.settings, "王", airflow_user="wang", valid_until=NOW + DAY)
    (only,) = list_signers(lab.settings)
    assert (only.airflow_user, only.valid_until, only.may_sign_now) == ("wang", NOW + DAY, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "李", "airflow_user": "wang"}, "that of 王"),
        ({"name": "李", "airflow_user": "admin"}, "operator"),
        ({"name": "李", "airflow_user": "Li:viewer,x"}, "no login"),
        ({"name": "李", "valid_from": NOW, "valid_until": NOW - DAY}, "not after"),
        ({"name": "王", "valid_from": NOW + DAY}, "twice"),
    ],
)
def test_a_contradictory_signer_is_refused(lab: Any, arguments: Any, said: str) -> None:
    add_signer(lab.settings, "王", airflow_user="wang")
    before = list_signers(lab.settings)
    with pytest.raises(UsageError, match=said):
        add_signer(lab.settings, **arguments)
    assert list_signers(lab.settings) == before


def test_who_publishes_cannot_appoint_signers(lab: Any) -> None:
    for role in (Role.publisher, Role.builder, Role.loader):
        with (
            connect(lab.settings, role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("insert into ops.signer (name) values ('王')")
