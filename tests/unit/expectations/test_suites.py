from __future__ import annotations

import re
import string

import pytest

from expectations.model import Batch, Check, Scope
from expectations.suites import SUITES, all_suites
from expectations.thresholds import load_thresholds
from warehouse.contracts import mart_contracts
from warehouse.month import Month
from warehouse.settings import load_settings

MONTH = Month(2009, 11)


@pytest.fixture(scope="module")
def scope() -> Scope:
    contracts = {c.subject: c for c in mart_contracts(load_settings())}
    return Scope(MONTH, 7, contracts, load_thresholds(MONTH))


def every_check(scope: Scope) -> list[tuple[str, Batch, Check]]:
    return [
        (suite.mart, batch, check)
        for suite in all_suites(scope)
        for batch in suite.batches
        for check in batch.checks
    ]


def test_every_mart_has_a_suite(scope: Scope) -> None:
    assert set(SUITES) == set(scope.contracts)


def test_check_ids_are_stable_names(scope: Scope) -> None:
    ids = [check.check_id for _, _, check in every_check(scope)]
    assert len(ids) == len(set(ids))
    for mart, _, check in every_check(scope):
        assert re.fullmatch(rf"G-{mart}-\d\d", check.check_id)


def test_every_check_says_why_and_who(scope: Scope) -> None:
    for _, _, check in every_check(scope):
        assert check.reason
        assert check.owner
        assert re.search(r"[\u4e00-\u9fff]", check.message_zh)
        assert check.message_en.isascii()


def test_sentences_use_only_columns_that_come_back(scope: Scope) -> None:
    for _, batch, check in every_check(scope):
        for template in (check.item_zh, check.item_en):
            names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert names <= set(batch.keys), (check.check_id, names)


def test_every_threshold_is_used(scope: Scope) -> None:
    reasons = {check.reason for _, _, check in every_check(scope)}
    unused = [t.name for t in scope.thresholds.values() if t.reason not in reasons]
    assert unused == []


def test_queries_hold_no_bind_parameter_by_accident(scope: Scope) -> None:
    # SQLAlchemy reads `:name` in the text of a query as a parameter; `::type` is spared.
    for _, batch, _ in every_check(scope):
        assert not re.search(r"(?<![:\w]):(\w+)(?!:)", batch.query), batch.name
        assert "%" not in batch.query
