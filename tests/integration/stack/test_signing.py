"""Months that are revised together, and a signer's answers: approved, refused, by the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.airflow_accounts import sync_accounts
from cli.airflow_api import AirflowApi, AirflowError
from cli.airflow_forms import WaitingForm, waiting_forms
from warehouse.month import Month
from warehouse.signers import add_signer

from . import small_returns

if TYPE_CHECKING:
    from tests.integration.stack.conftest import Stack

pytestmark = pytest.mark.scheduler
MARCH, MARCH_AFTER = Month(2011, 3), Month(2012, 3)
MONTH_SECONDS = 240.0
SONGPING = {"area": small_returns.SONGPING, "programme": "02", "source": "12"}


def test_a_late_file_revises_two_months_in_one_release(stack: Stack, tmp_path: Path) -> None:
    small_returns.owe(stack.settings, MARCH, MARCH_AFTER)
    for month in (MARCH, MARCH_AFTER):  # the other way round the later one would be revised here
        small_returns.send(stack.settings, tmp_path, month, 3_000_000)
        stack.wait_for_publications({f"{month}.r1"})
    stack.wait_until_idle("monthly_revision")
    small_returns.send(stack.settings, tmp_path, MARCH, 3_200_000, version=1)
    stack.wait_for_publications({"2011-03.r2", "2012-03.r2"})
    revised = stack.rows(
        "select distinct release_id, valid_from from ops.release_month"
        " where publication_id in ('2011-03.r2', '2012-03.r2')"
    )
    assert len(revised) == 1, "both months are switched by one release at one instant"


def test_a_warned_month_waits_for_a_signature(stack: Stack, tmp_path: Path) -> None:
    """The same version twice is a warning that nobody explained: two builds, one after the other.

    The form of the first build is void as soon as the second has begun.
    """
    add_signer(stack.settings, "王建国", airflow_user="wang")
    sync_accounts(stack.settings)  # as `tmw signers add` does; nothing is started again
    small_returns.send(stack.settings, tmp_path, MARCH, 3_300_000, version=1)
    void = stack.waiting_form(MARCH)
    small_returns.send(stack.settings, tmp_path, MARCH, 3_400_000, version=1)
    form = stack.waiting_form(MARCH, after=void)
    assert [each.run_id for each in waiting_forms(stack.api, MARCH)] == [form.run_id]
    ended = stack.api.run("monthly_signature", void.run_id)
    assert stack.api.wait_for_run(ended, MONTH_SECONDS).state == "success"
    assert stack.rows("select outcome from ops.signature_request order by request_id") == [
        ("superseded",),
        (None,),
    ]
    assert stack.month_state(MARCH) == "waiting_signature"
    assert "IN-version-equal" in form.body
    assert "报送率 Reporting rate: 1/1 = 100.00 %" in form.body
    assert "Rows that differ from 2011-03.r2: fund" in form.body
    assert "## 2012-03" in form.body, "the month that shows this one is published with it"
    assert stack.publications(MARCH) == ["2011-03.r1", "2011-03.r2"]


def test_who_is_no_signer_publishes_nothing(stack: Stack) -> None:
    form = stack.waiting_form(MARCH)
    stack.answer(MARCH, form, "admin", approve=True, reason="urgent")

    def asked_again() -> WaitingForm | None:
        forms = waiting_forms(stack.api, MARCH)
        return next((each for each in forms if "may not sign" in each.body), None)

    stack.wait_for("the form again", asked_again, 60)
    assert stack.month_state(MARCH) == "waiting_signature"
    assert stack.rows("select count(*) from ops.signature") == [(0,)]


def test_a_signer_may_answer_and_do_nothing_else(stack: Stack) -> None:
    wang = AirflowApi(stack.settings, login="wang")
    with pytest.raises(AirflowError, match="403"):
        wang.trigger("monthly_monitoring", "2011-03")
    form = stack.waiting_form(MARCH)
    stack.answer(MARCH, form, "wang", approve=True, reason="与原始凭证核对一致")
    assert stack.publications(MARCH_AFTER)[-1] == "2012-03.r3", "in the same release"
    assert stack.published_figure(MARCH, **SONGPING) == [3_400_000]
    signed = "select signed_by, reason from published.release where publication_id = '2011-03.r3'"
    assert stack.rows(signed) == [("王建国", "与原始凭证核对一致")]
    assert waiting_forms(stack.api, MARCH) == []


def test_a_refusal_holds_the_month(stack: Stack, tmp_path: Path) -> None:
    small_returns.send(stack.settings, tmp_path, MARCH_AFTER, 3_500_000)  # version 0 again
    form = stack.waiting_form(MARCH_AFTER)
    stack.answer(MARCH_AFTER, form, "wang", approve=False, reason="凭证未到")
    assert stack.last_request() == ("refused", "王建国", "凭证未到")
    assert stack.month_state(MARCH_AFTER) == "held"
    assert stack.publications(MARCH_AFTER)[-1] == "2012-03.r3"
    assert stack.published_figure(MARCH_AFTER, **SONGPING) == [3_000_000]


def test_a_signature_by_the_command_ends_the_form(stack: Stack, tmp_path: Path) -> None:
    small_returns.send(stack.settings, tmp_path, MARCH_AFTER, 3_600_000)
    form = stack.waiting_form(MARCH_AFTER)
    tmw = Path(sys.executable).with_name("tmw")
    signed = ["--sign", "王建国", "--reason", "已电话核实"]
    subprocess.run(
        [tmw, "publish", "--month", str(MARCH_AFTER), *signed],
        env={**os.environ, "TMW_HOME": str(stack.settings.home)},
        check=True,
    )
    assert stack.published_figure(MARCH_AFTER, **SONGPING) == [3_600_000]
    run = stack.api.run("monthly_signature", form.run_id)
    assert stack.api.wait_for_run(run, MONTH_SECONDS).state == "success"
    assert waiting_forms(stack.api, MARCH_AFTER) == []
    assert stack.last_request()[0] == "settled"
    signed_by = "select signed_by, reason from published.release where publication_id = %s"
    assert stack.rows(signed_by, "2012-03.r4") == [("王建国", "已电话核实")]
