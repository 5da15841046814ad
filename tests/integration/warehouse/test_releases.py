"""Publishing: readers switch at one instant, history is kept, same figures change nothing."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from warehouse.database import Role, connect
from warehouse.errors import MonthHeldError, PublishError, UsageError
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.signers import add_signer
from warehouse.signing import sign
from warehouse.status import month_status

MONTH = Month(2009, 11)
DECEMBER = Month(2009, 12)


def test_a_ready_month_is_published(lab: Any) -> None:
    assert lab.published() == []
    build = lab.candidate(5)
    result = publish(lab.settings, [MONTH])
    assert result.publication_ids == ("2009-11.r1",)
    assert lab.published() == [("2009-11", "2009-11.r1", 5)]
    with connect(lab.settings, Role.reader) as connection:
        row = connection.execute(
            "select release_id, publication_id, reason, signed_by, reservations"
            " from published.release"
        ).fetchone()
    assert row == (result.release_id, "2009-11.r1", "2009-11: 首次发布 first release", None, [])
    status = month_status(lab.settings, MONTH)
    assert (status.state, status.build_id) == ("published", build.build_id)


def test_the_same_figures_make_no_new_release(lab: Any) -> None:
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    lab.candidate(5)
    result = publish(lab.settings, [MONTH])
    assert (result.release_id, result.unchanged) == (None, ("2009-11",))
    assert month_status(lab.settings, MONTH).state == "published"
    assert lab.published() == [("2009-11", "2009-11.r1", 5)]


def test_a_revision_closes_one_interval_and_opens_the_next(lab: Any) -> None:
    for figure in (5, 6):
        lab.candidate(figure)
        publish(lab.settings, [MONTH])
    assert lab.published() == [("2009-11", "2009-11.r2", 6)]
    with connect(lab.settings, Role.publisher) as connection:
        intervals = connection.execute(
            "select publication_id, valid_to = lead(valid_from) over (order by valid_from),"
            " valid_to is null from ops.release_month order by valid_from"
        ).fetchall()
        kept = connection.execute(
            "select publication_id, issued_yuan_ytd::int from released.fund_by_source order by 1"
        ).fetchall()
    assert intervals == [("2009-11.r1", True, False), ("2009-11.r2", None, True)]
    assert kept == [("2009-11.r1", 5), ("2009-11.r2", 6)]


def test_going_back_to_earlier_figures_is_a_release_of_its_own(lab: Any) -> None:
    for figure in (5, 6, 5):
        lab.candidate(figure)
        publish(lab.settings, [MONTH])
    assert lab.published() == [("2009-11", "2009-11.r3", 5)]


def test_several_months_switch_in_one_release(lab: Any) -> None:
    lab.candidate(5)
    lab.candidate(7, month=DECEMBER)
    result = publish(lab.settings, [DECEMBER, MONTH])
    assert result.publication_ids == ("2009-11.r1", "2009-12.r1")
    with connect(lab.settings, Role.publisher) as connection:
        rows = connection.execute(
            "select count(distinct valid_from), count(distinct release_id) from ops.release_month"
        ).fetchone()
    assert rows == (1, 1)


def test_one_held_month_holds_the_release(lab: Any) -> None:
    lab.candidate(5)
    lab.candidate(7, month=DECEMBER, state="held")
    with pytest.raises(MonthHeldError, match="2009-12 is held"):
        publish(lab.settings, [MONTH, DECEMBER])
    assert lab.published() == []


@pytest.mark.parametrize(
    ("state", "error"),
    [("held", MonthHeldError), ("open", MonthHeldError), ("waiting_signature", MonthHeldError),
     ("built", PublishError), ("failed", PublishError), ("building", PublishError)],
)  # fmt: skip
def test_only_what_the_gate_passed_is_published(
    lab: Any, state: str, error: type[Exception]
) -> None:
    lab.candidate(5, state=state)
    with pytest.raises(error):
        publish(lab.settings, [MONTH])
    assert lab.published() == []


def test_a_month_never_built_cannot_be_published(lab: Any) -> None:
    with pytest.raises(PublishError, match="tmw build --month 2009-11"):
        publish(lab.settings, [MONTH])


def test_a_signature_lets_a_waiting_month_pass(lab: Any) -> None:
    add_signer(lab.settings, "王")
    lab.candidate(5, state="waiting_signature")
    with pytest.raises(UsageError):
        publish(lab.settings, [MONTH], signed_by="王", reason=" ")
    publish(lab.settings, [MONTH], signed_by="王", reason="如文件所载")
    with connect(lab.settings, Role.reader) as connection:
        row = connection.execute("select signed_by, reason from published.release").fetchone()
    assert row == ("王", "如文件所载")


def test_a_newer_build_voids_a_signature(lab: Any) -> None:
    add_signer(lab.settings, "王")
    lab.candidate(5, state="waiting_signature")
    sign(lab.settings, MONTH, "王", "如文件所载")
    lab.candidate(6, state="waiting_signature")
    with pytest.raises(MonthHeldError, match="signature"):
        publish(lab.settings, [MONTH])


def test_nobody_signs_a_held_month(lab: Any) -> None:
    add_signer(lab.settings, "王")
    lab.candidate(5, state="held")
    with pytest.raises(MonthHeldError, match="held"):
        publish(lab.settings, [MONTH], signed_by="王", reason="urgent")


def test_a_candidate_touched_after_its_gate_is_refused(lab: Any) -> None:
    lab.candidate(5)
    with connect(lab.settings, Role.builder) as connection:
        connection.execute("update marts.mart_fund_by_source set issued_yuan_ytd = 9")
    with pytest.raises(PublishError, match="not the one that was built"):
        publish(lab.settings, [MONTH])
    assert lab.published() == []


@pytest.mark.parametrize("whole_group", [True, False])
def test_a_publish_killed_in_the_middle_leaves_the_old_release(
    lab: Any,
    whole_group: bool,
) -> None:
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    lab.candidate(6)
    statement = "publish(settings, [Month(2009, 11)])"
    with (
        connect(lab.settings, Role.admin) as blocker,
        lab.child(statement) as process,
    ):
        # The rows of the new release are in, its interval is not: the publisher waits here.
        blocker.execute("lock table ops.release_month in share row exclusive mode")
        lab.wait_until(lambda: lab.waits_for_lock("tmw publisher"))
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert lab.published() == [("2009-11", "2009-11.r1", 5)]
    lab.wait_until(lambda: not lab.waits_for_lock("tmw publisher"))
    assert lab.published() == [("2009-11", "2009-11.r1", 5)]
    publish(lab.settings, [MONTH])
    assert lab.published() == [("2009-11", "2009-11.r2", 6)]


def test_a_reader_in_one_transaction_sees_one_release(lab: Any) -> None:
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    with connect(lab.settings, Role.reader) as reader:
        reader.execute("set transaction isolation level repeatable read")
        query = "select issued_yuan_ytd::int from published.fund_by_source"
        assert reader.execute(query).fetchone() == (5,)
        lab.candidate(6)
        publish(lab.settings, [MONTH])
        assert reader.execute(query).fetchone() == (5,)
        reader.commit()
        assert reader.execute(query).fetchone() == (6,)
