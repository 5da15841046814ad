"""Returns in the inbox become published figures, and the scheduler does all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.load import send_corrected_returns, send_first_returns
from examples.returns import LIJIANG, MALIPO
from ingest.landing import submit_file
from warehouse.month import Month
from warehouse.settings import Settings

if TYPE_CHECKING:
    from tests.integration.stack.conftest import Stack

pytestmark = pytest.mark.scheduler
NOVEMBER, JUNE = Month(2009, 11), Month(2012, 6)
MONTH_SECONDS = 240.0
CITY_MONEY = {"area": "530700000000", "programme": "01", "source": "10"}


def test_first_returns_are_held(stack: Stack) -> None:
    seen = stack.seen_runs("monthly_revision")
    send_first_returns(stack.settings, LIJIANG)
    run = stack.next_run("monthly_revision", seen)
    assert (run.state, run.partition_key) == ("success", "2009-11"), stack.api.task_states(run)
    tasks = stack.api.task_states(run)
    assert (tasks["build"], tasks["gate"]) == ("success", "success")
    assert (tasks["publish"], tasks["report_hold"]) == ("skipped", "success")
    assert stack.month_state(NOVEMBER) == "held"
    assert stack.published_figure(NOVEMBER, **CITY_MONEY) == []


def test_corrected_returns_are_published_by_the_scheduler(stack: Stack) -> None:
    seen = stack.seen_runs("monthly_revision")
    send_corrected_returns(stack.settings, LIJIANG)
    run = stack.next_run("monthly_revision", seen)
    assert (run.state, run.partition_key) == ("success", "2009-11"), stack.api.task_states(run)
    assert stack.api.task_states(run)["publish"] == "success"
    assert stack.month_state(NOVEMBER) == "published"
    assert stack.published_figure(NOVEMBER, **CITY_MONEY) == [28_050_000]


def test_a_changed_return_changes_the_figure_and_the_first_file_again_does_not(
    stack: Stack, songping_revised: Callable[[Settings], Path]
) -> None:
    songping = {"area": "530722208000", "programme": "02", "source": "12"}
    assert stack.published_figure(NOVEMBER, **songping) == [3_000_000]
    seen = stack.seen_runs("monthly_revision")
    submit_file(stack.settings, songping_revised(stack.settings))
    run = stack.next_run("monthly_revision", seen)
    assert stack.api.task_states(run)["publish"] == "success"
    assert stack.published_figure(NOVEMBER, **songping) == [3_100_000]
    assert stack.publications(NOVEMBER) == ["2009-11.r1", "2009-11.r2"]

    months = stack.seen_runs("monthly_revision")
    seen = stack.seen_runs("receive_submissions")
    send_first_returns(stack.settings, LIJIANG)
    assert stack.next_run("receive_submissions", seen).state == "success"
    assert stack.publications(NOVEMBER) == ["2009-11.r1", "2009-11.r2"]
    assert stack.published_figure(NOVEMBER, **songping) == [3_100_000]
    assert stack.seen_runs("monthly_revision") == months


def test_runs_by_hand_that_change_nothing(stack: Stack) -> None:
    """November 2010 shows November 2009, and does not follow it when that comes out the same."""
    by_hand = stack.api.trigger("monthly_monitoring", "2010-11")
    assert stack.api.wait_for_run(by_hand, MONTH_SECONDS).state == "success"
    seen = stack.seen_runs("monthly_revision")

    run = stack.api.wait_for_run(stack.api.trigger("monthly_monitoring", "2009-11"), MONTH_SECONDS)
    assert run.state == "success", stack.api.task_states(run)
    assert stack.api.task_states(run)["publish"] == "success"
    assert len(stack.publications(NOVEMBER)) == 2, "the same figures make no new publication"
    assert stack.api.task_states(run)["announce_later_months"] == "skipped"
    assert stack.seen_runs("monthly_revision") == seen


def test_another_county_and_month_are_published_beside_it(stack: Stack) -> None:
    seen = stack.seen_runs("monthly_revision")
    send_first_returns(stack.settings, MALIPO)
    run = stack.next_run("monthly_revision", seen)
    assert (run.state, run.partition_key) == ("success", "2012-06"), stack.api.task_states(run)
    assert stack.month_state(JUNE) == "published"
    malipo = {"area": "532624000000", "programme": "00", "source": "44"}
    assert stack.published_figure(JUNE, **malipo) == [4_630_000]
