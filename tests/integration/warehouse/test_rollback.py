"""Rollback: earlier figures in force again by a named decision, and what happens afterwards."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from warehouse.errors import MonthHeldError, PublishError, SignerError, UsageError
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.rollback import rollback
from warehouse.signers import add_signer
from warehouse.signing import sign
from warehouse.status import month_status

MONTH, DECEMBER = Month(2009, 11), Month(2009, 12)
SIGNED = {"signed_by": "王", "reason": "单位错误 wrong unit"}


@pytest.fixture
def revised(lab: Any) -> Any:
    """Return a warehouse with two publications of the month: 5, then 6."""
    add_signer(lab.settings, "王")
    for figure in (5, 6):
        lab.candidate(figure)
        publish(lab.settings, [MONTH])
    return lab


def test_the_publication_before_is_in_force_again(revised: Any) -> None:
    before = revised.rows("select * from ops.release_month order by valid_from")
    done = rollback(revised.settings, [MONTH], **SIGNED)
    assert (done.publications, done.replaced, done.unchanged) == (
        {"2009-11": "2009-11.r1"}, {"2009-11": "2009-11.r2"}, {},
    )  # fmt: skip
    assert revised.published() == [("2009-11", "2009-11.r1", 5)]
    assert revised.rows("select release_id, reason, signed_by from published.release") == [
        (done.release_id, "单位错误 wrong unit", "王")
    ]
    after = revised.rows("select * from ops.release_month order by valid_from")
    assert [row[:4] for row in after[:2]] == [row[:4] for row in before]
    assert after[1][4] == after[2][3]
    assert revised.rows("select kind from ops.release order by release_id") == [
        ("publish",), ("publish",), ("rollback",),
    ]  # fmt: skip


def test_the_same_command_again_changes_nothing(revised: Any) -> None:
    rollback(revised.settings, [MONTH], **SIGNED)
    again = rollback(revised.settings, [MONTH], **SIGNED)
    assert (again.release_id, again.unchanged) == (None, {"2009-11": "2009-11.r1"})
    named = rollback(revised.settings, [MONTH], **SIGNED, to="2009-11.r1")
    assert (named.release_id, named.unchanged) == (None, {"2009-11": "2009-11.r1"})
    with pytest.raises(UsageError, match="--to PUBLICATION"):
        rollback(revised.settings, [MONTH], signed_by="王", reason="another")
    assert revised.published() == [("2009-11", "2009-11.r1", 5)]


def test_what_was_taken_back_waits_for_a_new_signature(revised: Any) -> None:
    rollback(revised.settings, [MONTH], **SIGNED)
    assert month_status(revised.settings, MONTH).state == "waiting_signature"
    with pytest.raises(MonthHeldError, match="signature"):
        publish(revised.settings, [MONTH])
    revised.candidate(6)  # built again and, as if the gate had not looked, ready
    with pytest.raises(MonthHeldError, match="signature"):
        publish(revised.settings, [MONTH])
    assert revised.published() == [("2009-11", "2009-11.r1", 5)]
    revised.candidate(6, state="waiting_signature")
    publish(revised.settings, [MONTH], signed_by="王", reason="复核无误")
    assert revised.published() == [("2009-11", "2009-11.r3", 6)]
    revised.candidate(7)
    publish(revised.settings, [MONTH])
    revised.candidate(6)  # readers have seen it since: it is like any other candidate
    publish(revised.settings, [MONTH])
    assert revised.published() == [("2009-11", "2009-11.r5", 6)]


def test_a_signature_from_before_the_rollback_is_void(lab: Any) -> None:
    add_signer(lab.settings, "王")
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    lab.candidate(6, state="waiting_signature")
    sign(lab.settings, MONTH, "王", "如文件所载")
    publish(lab.settings, [MONTH])
    rollback(lab.settings, [MONTH], **SIGNED)
    with pytest.raises(MonthHeldError, match="signature"):
        publish(lab.settings, [MONTH])


def test_a_corrected_newer_build_goes_out_as_ever(revised: Any) -> None:
    rollback(revised.settings, [MONTH], **SIGNED)
    revised.candidate(7)
    publish(revised.settings, [MONTH])
    assert revised.published() == [("2009-11", "2009-11.r3", 7)]


def test_building_what_is_in_force_again_makes_no_release(revised: Any) -> None:
    rollback(revised.settings, [MONTH], **SIGNED)
    revised.candidate(5)
    assert publish(revised.settings, [MONTH]).release_id is None
    assert month_status(revised.settings, MONTH).state == "published"


def test_a_rollback_past_several_publications_takes_all_of_them_back(revised: Any) -> None:
    revised.candidate(7)
    publish(revised.settings, [MONTH])
    rollback(revised.settings, [MONTH], to="2009-11.r1", **SIGNED)
    for figure in (6, 7):
        revised.candidate(figure)
        with pytest.raises(MonthHeldError, match="signature"):
            publish(revised.settings, [MONTH])
    forward = rollback(revised.settings, [MONTH], to="2009-11.r2", **SIGNED)
    assert forward.replaced == {"2009-11": "2009-11.r1"}
    assert revised.published() == [("2009-11", "2009-11.r2", 6)]


def test_months_are_rolled_back_together_or_not_at_all(revised: Any) -> None:
    revised.candidate(1, month=DECEMBER)
    publish(revised.settings, [DECEMBER])
    with pytest.raises(PublishError, match="is the first publication of 2009-12"):
        rollback(revised.settings, [MONTH, DECEMBER], **SIGNED)
    assert revised.published()[0] == ("2009-11", "2009-11.r2", 6)
    revised.candidate(2, month=DECEMBER)
    revised.candidate(8)
    publish(revised.settings, [MONTH, DECEMBER])
    done = rollback(revised.settings, [MONTH, DECEMBER], **SIGNED)
    assert done.publications == {"2009-11": "2009-11.r2", "2009-12": "2009-12.r1"}
    assert revised.rows("select count(distinct valid_from) from published.release as r"
                        " inner join ops.release_month as m on r.release_id = m.release_id"
                        " and m.valid_to is null") == [(1,)]  # fmt: skip


def test_readers_are_told_of_what_was_switched_together_and_stays(revised: Any) -> None:
    revised.candidate(2, month=DECEMBER)
    revised.candidate(8)
    publish(revised.settings, [MONTH, DECEMBER])
    rollback(revised.settings, [MONTH], **SIGNED)
    ((reservations,),) = revised.rows(
        "select reservations from published.release where stat_month = '2009-11-01'"
    )
    assert [(r["stat_month"], r["check_id"]) for r in reservations] == [("2009-12", "rollback")]


def test_what_cannot_be_rolled_back_is_refused(lab: Any) -> None:
    with pytest.raises(SignerError):
        rollback(lab.settings, [MONTH], **SIGNED)
    add_signer(lab.settings, "王")
    with pytest.raises(PublishError, match="never been published"):
        rollback(lab.settings, [MONTH], **SIGNED)
    with pytest.raises(UsageError, match="name and a reason"):
        rollback(lab.settings, [MONTH], signed_by="王", reason=" ")
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    with pytest.raises(PublishError, match="is the first publication"):
        rollback(lab.settings, [MONTH], **SIGNED)
    with pytest.raises(UsageError, match="never been in force"):
        rollback(lab.settings, [MONTH], to="2009-11.r9", **SIGNED)


@pytest.mark.parametrize("table", ["ops.build", "ops.release", "ops.taken_back",
                                   "ops.release_month"])  # fmt: skip
def test_a_rollback_killed_anywhere_leaves_all_or_nothing(revised: Any, table: str) -> None:
    statement = (
        "from warehouse.rollback import rollback\n"
        "rollback(settings, [Month(2009, 11)], signed_by='王', reason='单位错误 wrong unit')"
    )
    with (
        revised.blocked(table),
        revised.child(statement) as process,
    ):
        revised.wait_until(lambda: revised.waits_for_lock("tmw publisher"))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert revised.published() == [("2009-11", "2009-11.r2", 6)]
    revised.wait_until(lambda: not revised.waits_for_lock("tmw publisher"))
    assert revised.rows("select count(*) from ops.release") == [(2,)]
    assert month_status(revised.settings, MONTH).state == "published"
    rollback(revised.settings, [MONTH], **SIGNED)
    assert revised.published() == [("2009-11", "2009-11.r1", 5)]
    assert revised.rows("select count(*) from ops.taken_back") == [(1,)]
