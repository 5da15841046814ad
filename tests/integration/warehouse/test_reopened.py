"""Which months have to be built again, and what is said about it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from warehouse.builds import open_build
from warehouse.database import Role, connect
from warehouse.errors import UsageError
from warehouse.excuses import Excuse, add_excuse, take_back_excuse
from warehouse.ledger_events import LedgerEvent, deciding, record_event
from warehouse.month import Month
from warehouse.releases import publish
from warehouse.reopened import stale_months
from warehouse.status import month_status
from warehouse.waivers import Waiver, add_waiver

MONTH = Month(2009, 11)
CITY = "530700000000"
FIGURES = "fct_fund_figure_monthly < fct_fund_area_monthly"
BRIDGED = "finding_fund_row < fct_fund_monthly"
PROJECTS = "dim_project < dim_project"
SEPTEMBER = "finding_late_money < fct_fund_monthly"


def _reasons(lab: Any, month: Month = MONTH) -> list[tuple[str, str | None]]:
    return [(r.cause, r.what) for r in month_status(lab.settings, month).reopened_by]


def test_months_whose_returns_are_no_longer_those_built_are_stale(lab: Any) -> None:
    returned = lab.submission("accepted")
    assert stale_months(lab.settings) == [MONTH]
    assert stale_months(lab.settings, built=True) == []
    lab.candidate(5)
    assert stale_months(lab.settings) == []
    publish(lab.settings, [MONTH])
    assert month_status(lab.settings, MONTH).state == "published"
    later = lab.submission("accepted")
    assert stale_months(lab.settings) == [MONTH]
    assert month_status(lab.settings, MONTH).state == "reopened"
    lab.decide(returned, "superseded")
    receipts = dict(lab.rows("select submission_id, receipt_no from ops.submission"))
    assert sorted(_reasons(lab)) == [
        ("arrived", receipts[later]),
        ("superseded", receipts[returned]),
    ]
    lab.candidate(6)
    assert stale_months(lab.settings) == []
    lab.decide(later, "withdrawn")
    assert _reasons(lab) == [("withdrawn", receipts[later])]


def test_the_month_after_follows_once_the_changed_returns_are_built(lab: Any) -> None:
    after, later = MONTH.shift(1), MONTH.shift(2)
    first = lab.submission("accepted")
    for month in (MONTH, after, later):
        lab.candidate(5, month=month)
    assert stale_months(lab.settings) == []
    lab.submission("accepted")
    lab.decide(first, "superseded")
    assert stale_months(lab.settings) == [MONTH]
    lab.candidate(6)
    assert stale_months(lab.settings) == [after]
    assert _reasons(lab, after) == [("other_month", "2009-11")]
    lab.candidate(5, month=after)
    assert stale_months(lab.settings) == []
    lab.candidate(7)  # built again from the same returns
    assert stale_months(lab.settings) == []


def test_a_month_that_was_missing_reopens_those_that_read_it(lab: Any) -> None:
    after = MONTH.shift(1)
    lab.candidate(5, month=after)
    lab.submission("accepted")
    assert stale_months(lab.settings) == [MONTH]
    lab.candidate(5)
    assert stale_months(lab.settings) == [after]


@pytest.mark.parametrize(
    ("key", "month", "reopened"),
    [
        (FIGURES, MONTH, [MONTH.shift(12)]),
        (BRIDGED, MONTH, [MONTH.shift(months) for months in range(1, 7)]),
        (SEPTEMBER, Month(2009, 9), [Month(2009, 12)]),
        (SEPTEMBER, MONTH, []),
        (PROJECTS, MONTH, [MONTH.shift(1)]),
    ],
)
def test_a_month_is_reopened_by_what_it_reads_of_another(
    lab: Any, key: str, month: Month, reopened: list[Month]
) -> None:
    for built in (month.shift(-1), month, *(month.shift(n) for n in (*range(1, 8), 12, 13, 24))):
        lab.candidate(5, month=built)
    lab.candidate(6, month=month)
    assert stale_months(lab.settings) == []  # the same is handed on as before
    lab.hand_on(key, "another", month)
    assert stale_months(lab.settings) == reopened
    for stale in reopened:
        lab.candidate(5, month=stale)
    assert stale_months(lab.settings) == []


def test_what_is_known_is_read_of_the_latest_month_before(lab: Any) -> None:
    later = MONTH.shift(3)
    lab.candidate(5)
    lab.candidate(5, month=later)
    lab.candidate(5, month=MONTH.shift(1))  # built out of order, and it knows the same
    assert stale_months(lab.settings) == []
    lab.hand_on(PROJECTS, "another", MONTH.shift(1))
    assert stale_months(lab.settings) == [later]


def test_published_figures_stay_published_while_only_findings_may_change(lab: Any) -> None:
    after = MONTH.shift(1)
    for month in (MONTH, after):
        lab.candidate(5, month=month)
    publish(lab.settings, [MONTH, after])
    lab.candidate(5)
    lab.hand_on(BRIDGED, "another")
    assert stale_months(lab.settings) == [after]
    assert month_status(lab.settings, after).state == "published"


def _assigned(lab: Any) -> None:
    with connect(lab.settings, Role.loader) as connection:
        connection.execute(
            "insert into ops.assignment values (%s, 'FP-02', '2009-01-01', null)", [CITY]
        )


def test_an_excuse_reopens_its_month_and_so_does_taking_it_back(lab: Any) -> None:
    _assigned(lab)
    for month in (MONTH, MONTH.shift(1)):
        lab.candidate(5, month=month)
    publish(lab.settings, [MONTH])
    excuse = Excuse(CITY, "FP-02", MONTH, "地震", "王")
    assert add_excuse(lab.settings, excuse)
    assert not add_excuse(lab.settings, excuse)
    assert stale_months(lab.settings) == [MONTH]
    assert month_status(lab.settings, MONTH).state == "reopened"
    assert _reasons(lab) == [("excused", f"FP-02 {CITY}")]
    lab.candidate(5)
    assert stale_months(lab.settings) == []
    assert take_back_excuse(lab.settings, excuse)
    assert not take_back_excuse(lab.settings, excuse)
    assert _reasons(lab) == [("owed_again", f"FP-02 {CITY}")]
    assert lab.rows("select kind, reason, owner from ops.ledger_event order by 1") == [
        ("excused", "地震", "王"),
        ("owed_again", "地震", "王"),
    ]


def test_nobody_is_excused_from_what_is_not_owed(lab: Any) -> None:
    with pytest.raises(UsageError, match="does not owe"):
        add_excuse(lab.settings, Excuse(CITY, "FP-02", MONTH, "地震", "王"))


def test_a_waiver_reopens_the_months_it_covers_and_once(lab: Any) -> None:
    months = [MONTH.shift(n) for n in range(-1, 4)]
    for month in months:
        lab.candidate(5, month=month)

    def waive(until: Month | None) -> None:
        waiver = Waiver("G5", CITY, "FP-02", MONTH, {"k": "v"}, "年报", "王", until=until)
        add_waiver(lab.settings, waiver, key_columns=["k"], defaults={})

    waive(MONTH.shift(2))
    assert stale_months(lab.settings) == months[1:4]
    assert _reasons(lab) == [("waived", f"G5 FP-02 {CITY}")]
    for month in months[1:4]:
        lab.candidate(5, month=month)
    waive(MONTH.shift(2))
    assert stale_months(lab.settings) == []
    waive(MONTH.shift(1))  # and now one month is no longer covered
    assert stale_months(lab.settings) == months[1:4]


def test_a_decision_under_way_is_seen_by_the_build_or_reopens_the_month(lab: Any) -> None:
    opened = threading.Event()

    def build() -> None:
        open_build(lab.settings, MONTH)
        opened.set()

    with deciding(lab.settings) as connection:
        thread = threading.Thread(target=build)
        thread.start()
        record_event(connection, LedgerEvent("assigned", MONTH.first_day, None))
        assert not opened.wait(0.5)  # the build waits for the decision to be taken
    thread.join(10)
    assert lab.rows("select seen_event_id from ops.build") == lab.rows(
        "select event_id from ops.ledger_event"
    )
