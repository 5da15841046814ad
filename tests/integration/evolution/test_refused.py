"""A column is never removed or retyped: exit code 4, one line with the reason, nothing changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.evolution.conftest import Checkout

FORM = "ingest/forms/fp02.yml"
FACTS = "dbt_project/models/core/facts/_facts.yml"
MARTS = "dbt_project/models/marts/mart_relocation_progress.yml"

Edit = tuple[str, Callable[[str], str]]


def _without(column: str) -> Callable[[str], str]:
    """Cut the entry of a column out of a YAML list of columns."""
    entry = re.compile(rf"^( *)- name: {column}\n(?:\1  .*\n)*", re.M)
    return lambda text: entry.sub("", text, count=1)


def _retyped(column: str, old: str, new: str) -> Callable[[str], str]:
    entry = re.compile(rf"(- name: {column}\n(?:.*\n)*?.*type: ){re.escape(old)}\n")
    return lambda text: entry.sub(rf"\g<1>{new}\n", text, count=1)


@pytest.mark.parametrize(
    ("edit", "generated", "said"),
    [
        ((FORM, _without("award_flag")), True, r"raw\.fp02\.award_flag .*until"),
        (
            (FORM, _retyped("labour_days_m", "int", "dec")),
            True,
            r"raw\.fp02\.labour_days_m is bigint, the form says numeric\(16,2\).*until",
        ),
        (
            (FACTS, _without("labour_days_month")),
            False,
            r"core.*fct_fund_monthly.*labour_days_month stands in built months .*never removed",
        ),
        (
            (FACTS, _retyped("labour_days_month", "bigint", "numeric(16,2)")),
            False,
            r"core.*fct_fund_monthly.*labour_days_month is bigint in built months and"
            r" numeric\(16,2\) in the contract",
        ),
        ((MARTS, _without("unit_cost_basis")), False, r"unit_cost_basis have left .*published"),
        (
            (MARTS, _retyped("houses_planned", "bigint", "numeric(20,2)")),
            False,
            r"mart_relocation_progress\.houses_planned was published as bigint and is now"
            r" numeric\(20,2\)",
        ),
    ],
    ids=[
        f"{what} in {where}" for where in ("raw", "core", "marts") for what in ("lost", "retyped")
    ],
)
def test_it_is_refused_with_the_reason(
    checkout: Checkout, edit: Edit, generated: bool, said: str
) -> None:
    checkout.edit(*edit)
    if generated:
        checkout.run(["make", "generate"])
    before = (checkout.shape(), checkout.rows("select * from ops.migration order by name"))
    done = checkout.tmw("db migrate", exit_code=4)
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("tmw: ")
    assert re.search(said, line), line
    assert (checkout.shape(), checkout.rows("select * from ops.migration order by name")) == before
