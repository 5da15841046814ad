"""A request for a signature: asked once, answered by a signer, over when its candidates go."""

from __future__ import annotations

from typing import Any

import pytest

from warehouse.database import Role, connect
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.signature_answers import Answer, carry_out, objection
from warehouse.signature_requests import (
    current_request,
    end_if_over,
    is_refused,
    open_request,
    read_request,
)
from warehouse.signers import add_signer
from warehouse.signing import sign

MONTH, NEXT_YEAR = Month(2009, 11), Month(2010, 11)
YES = Answer(approved=True, airflow_user="wang", reason="如文件所载")
NO = Answer(approved=False, airflow_user="wang", reason="再核实")


@pytest.fixture
def asked(lab: Any) -> int:
    """Return the request of a waiting month and a month fit to be published with it."""
    add_signer(lab.settings, "王", airflow_user="wang")
    lab.candidate(5, state="waiting_signature")
    lab.candidate(6, month=NEXT_YEAR)
    request_id = open_request(lab.settings, [MONTH, NEXT_YEAR])
    assert request_id is not None
    return request_id


def outcome(lab: Any, request_id: int) -> tuple[Any, ...]:
    with connect(lab.settings, Role.publisher) as connection:
        request = read_request(connection, request_id)
    return (request.outcome, request.answered_by, request.reason)


def test_the_same_candidates_are_asked_for_once(lab: Any, asked: int) -> None:
    assert open_request(lab.settings, [MONTH, NEXT_YEAR]) == asked
    assert current_request(lab.settings, MONTH) == asked
    lab.candidate(7, state="waiting_signature")
    newer = open_request(lab.settings, [MONTH, NEXT_YEAR])
    assert newer not in (asked, None)
    assert outcome(lab, asked) == ("superseded", None, None)


@pytest.mark.parametrize("state", ["held", "open", "ready"])
def test_nothing_is_asked_when_a_signature_would_not_help(lab: Any, state: str) -> None:
    lab.candidate(5, state=state)
    lab.candidate(6, month=NEXT_YEAR)
    assert open_request(lab.settings, [MONTH, NEXT_YEAR]) is None
    assert current_request(lab.settings, MONTH) is None


def test_approved_all_months_are_published_in_one_release(lab: Any, asked: int) -> None:
    assert objection(lab.settings, asked, YES) is None
    ending = carry_out(lab.settings, asked, YES)
    assert (ending.outcome, outcome(lab, asked)) == ("signed", ("signed", "王", "如文件所载"))
    assert lab.published() == [("2009-11", "2009-11.r1", 5), ("2010-11", "2010-11.r1", 6)]
    assert lab.rows("select distinct reason, signed_by from published.release") == [
        ("如文件所载", "王")
    ]
    again = carry_out(lab.settings, asked, YES)  # the task was killed before it was done
    assert again.outcome == "signed"
    assert lab.rows("select count(*) from ops.release") == [(1,)]


def test_a_crash_between_signature_and_release_is_made_good(lab: Any, asked: int) -> None:
    with connect(lab.settings, Role.admin) as connection:
        connection.execute("revoke insert on ops.release from tmw_publisher")
    with pytest.raises(Exception, match="permission"):
        carry_out(lab.settings, asked, YES)
    assert lab.published() == []
    with connect(lab.settings, Role.admin) as connection:
        connection.execute("grant insert on ops.release to tmw_publisher")
    assert carry_out(lab.settings, asked, YES).release is not None
    assert len(lab.published()) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(True, "admin", "urgent"), "admin may not sign"),
        (Answer(False, "zhao", ""), "zhao may not sign"),
        (Answer(True, "wang", " "), "needs a reason"),
    ],
)
def test_an_answer_that_does_not_count_changes_nothing(
    lab: Any, asked: int, answer: Answer, said: str
) -> None:
    assert said in str(objection(lab.settings, asked, answer))
    assert outcome(lab, asked) == (None, None, None)
    with connect(lab.settings, Role.publisher) as connection:
        assert said in str(read_request(connection, asked).remark_en)
    assert lab.published() == []


@pytest.mark.parametrize(
    ("answer", "ended"),
    [(NO, ("refused", "王", "再核实")), (Answer(False, None, ""), ("timed_out", None, None))],
)
def test_refused_or_not_answered_the_month_is_held(
    lab: Any, asked: int, answer: Answer, ended: tuple[Any, ...]
) -> None:
    assert objection(lab.settings, asked, answer) is None
    assert carry_out(lab.settings, asked, answer).outcome == ended[0]
    assert outcome(lab, asked) == ended
    assert lab.published() == []
    states = "select stat_month::text, state, candidate_hash from ops.build order by 1"
    november, next_year = lab.rows(states)
    assert (november[1], next_year[1]) == ("held", "ready")
    with connect(lab.settings, Role.builder) as connection:
        (build_id,) = lab.rows("select min(build_id) from ops.build")[0]
        assert is_refused(connection, build_id, november[2])
    publish(lab.settings, [MONTH], signed_by="王", reason="已核实")  # thought again
    assert lab.published()[0] == ("2009-11", "2009-11.r1", 5)


def test_a_newer_build_ends_it_and_an_answer_comes_too_late(lab: Any, asked: int) -> None:
    assert end_if_over(lab.settings, asked) is None
    lab.candidate(9, state="ready")
    assert carry_out(lab.settings, asked, YES).outcome == "superseded"
    assert end_if_over(lab.settings, asked) == "superseded"
    assert lab.published() == []
    assert lab.rows("select count(*) from ops.signature") == [(0,)]


def test_a_signature_by_command_ends_it(lab: Any, asked: int) -> None:
    publish(lab.settings, [MONTH], signed_by="王", reason="如文件所载")
    assert end_if_over(lab.settings, asked) == "settled"
    assert carry_out(lab.settings, asked, NO).outcome == "settled"
    assert lab.published() == [("2009-11", "2009-11.r1", 5)]


def test_what_the_gate_holds_stays_held_whoever_signs(lab: Any, asked: int) -> None:
    with connect(lab.settings, Role.builder) as connection:
        connection.execute("update ops.build set state = 'held' where stat_month = '2009-11-01'")
    assert end_if_over(lab.settings, asked) == "superseded"
    with pytest.raises(Exception, match="held"):
        sign(lab.settings, MONTH, "王", "如文件所载")
