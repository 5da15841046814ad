"""Months that one release switches together."""

from __future__ import annotations

from typing import Any

from warehouse.month import Month
from warehouse.release_group import release_group
from warehouse.releases import publish

MONTH = Month(2009, 11)
AFTER = MONTH.shift(12)
FIGURES = "fct_fund_figure_monthly < fct_fund_area_monthly"


def test_a_month_stands_alone_until_a_published_one_shows_it(lab: Any) -> None:
    lab.candidate(5)
    lab.candidate(5, month=AFTER)
    assert release_group(lab.settings, MONTH) == [MONTH]  # nothing of it was published yet
    publish(lab.settings, [MONTH, AFTER])
    assert release_group(lab.settings, MONTH) == [MONTH]  # and now everything fits
    lab.candidate(6)
    assert release_group(lab.settings, MONTH) == [MONTH]  # it hands on what it did before
    lab.hand_on(FIGURES, "another")
    assert release_group(lab.settings, MONTH) == [MONTH, AFTER]


def test_a_group_stays_together_until_it_is_published(lab: Any) -> None:
    lab.candidate(5)
    lab.candidate(5, month=AFTER)
    publish(lab.settings, [MONTH, AFTER])
    lab.candidate(6)
    lab.candidate(6, month=AFTER)
    assert release_group(lab.settings, MONTH) == [MONTH, AFTER]
    assert release_group(lab.settings, AFTER) == [AFTER, MONTH]
    publish(lab.settings, [MONTH, AFTER])
    assert release_group(lab.settings, MONTH) == [MONTH]


def test_a_month_published_without_its_group_is_told_to_readers(lab: Any) -> None:
    lab.candidate(5)
    lab.candidate(5, month=AFTER)
    publish(lab.settings, [MONTH, AFTER])
    lab.candidate(6)
    lab.candidate(6, month=AFTER)
    publish(lab.settings, [MONTH])
    told = "select reservations from published.release where stat_month = '2009-11-01'"
    ((only,),) = lab.rows(told)
    assert [(each["stat_month"], each["check_id"]) for each in only] == [("2010-11", "group")]
    assert "2009-11" in only[0]["zh"]
    assert "2009-11" in only[0]["en"]
    publish(lab.settings, [AFTER])  # and now they fit again
    assert lab.rows(told.replace("2009", "2010")) == [([],)]


def test_a_month_whose_figures_came_out_the_same_leaves_the_group(lab: Any) -> None:
    lab.candidate(5)
    lab.candidate(5, month=AFTER)
    publish(lab.settings, [MONTH, AFTER])
    lab.candidate(6)
    lab.candidate(5, month=AFTER)
    assert release_group(lab.settings, MONTH) == [MONTH]


def test_a_later_month_never_published_goes_its_own_way(lab: Any) -> None:
    lab.candidate(5)
    publish(lab.settings, [MONTH])
    lab.candidate(5, month=AFTER)
    lab.candidate(6)
    assert release_group(lab.settings, MONTH) == [MONTH]
