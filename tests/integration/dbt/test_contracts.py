"""What a wrong model meets: the build fails and the old partition stays as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from warehouse.builds import open_build
from warehouse.month import Month

if TYPE_CHECKING:
    from tests.integration.dbt.conftest import Lab

MONTH = Month(2009, 11)
CITY = "530700000000"
COUNTY = "530723000000"
MARTS = ("mart_reporting", "mart_relocation_progress", "mart_control_total", "mart_fund_progress")


@pytest.fixture(scope="module", autouse=True)
def _built(module_lab: Lab) -> None:
    """Build a month in which every mart has rows; the tests fail to replace it."""
    lab = module_lab
    total = lab.fund(10, row_kind="3", compare_with="1", list_complete=True)
    lab.receive(CITY, "FP-02", [total])
    lab.receive(COUNTY, "FP-02", [lab.fund(10)])
    site = {"row_kind": "2", "programme": "03", "plan_year": 2009, "mode": "0", "plan_p": 5}
    lab.receive(COUNTY, "FP-08", [site])
    lab.build()
    assert all(lab.candidate(mart) for mart in MARTS)


def _append(lab: Lab, mart: str, text: str) -> None:
    lab.edit(f"models/marts/{mart}.sql", lambda sql: sql + text)


def _replace(lab: Lab, mart: str, old: str, new: str) -> None:
    lab.edit(f"models/marts/{mart}.sql", lambda sql: sql.replace(old, new))


def _leftovers(lab: Lab) -> list[Any]:
    return lab.rows("select relname from pg_class where relname like '%\\_next' and relkind = 'r'")


def test_a_broken_mart_fails_and_leaves_its_partition(edited: Lab) -> None:
    _replace(
        edited,
        "mart_reporting",
        "    counted.expected,\n    counted.received,",
        "    cast(counted.expected as text) as expected,\n    counted.received,",
    )
    _replace(
        edited,
        "mart_relocation_progress",
        "    figures.unit_cost_basis,\n",
        "    figures.unit_cost_basis,\n    1 as one_too_many,\n",
    )
    _replace(
        edited,
        "mart_control_total",
        "    totals.row_key,\n",
        "    cast(null as jsonb) as row_key,\n",
    )
    _append(edited, "mart_fund_progress", "cross join generate_series(1, 2)\n")
    before = {mart: edited.candidate(mart) for mart in MARTS}

    failures = edited.run_edited("path:models/marts")

    assert set(failures) == set(MARTS)
    assert re.search(
        r"expected\s*\|\s*TEXT\s*\|\s*(BIGINT|LONGINTEGER)", failures["mart_reporting"]
    )
    assert "one_too_many" in failures["mart_relocation_progress"]
    assert 'null value in column "row_key"' in failures["mart_control_total"]
    assert "duplicate key value" in failures["mart_fund_progress"]
    assert {mart: edited.candidate(mart) for mart in MARTS} == before
    assert _leftovers(edited) == []


def test_a_column_is_added_and_never_lost_or_retyped(edited: Lab) -> None:
    lab = edited
    _replace(
        lab,
        "mart_reporting",
        "    'A' as obs_status\n",
        "    counted.expected - counted.received as outstanding,\n    'A' as obs_status\n",
    )
    lab.edit(
        "models/marts/mart_reporting.yml",
        lambda text: text.replace(
            "      - name: obs_status\n",
            "      - name: outstanding\n        data_type: bigint\n        description: 未收到\n"
            "        constraints: [{type: not_null}]\n"
            "      - name: obs_status\n",
        ),
    )
    _replace(lab, "mart_relocation_progress", "    figures.unit_cost_basis,\n", "")
    lab.edit(
        "models/marts/mart_relocation_progress.yml",
        lambda text: re.sub(r"      - name: unit_cost_basis\n(        .*\n)+", "", text),
    )
    lab.edit(
        "models/marts/mart_control_total.yml",
        lambda text: text.replace("data_type: numeric(20,2)", "data_type: numeric(20,3)"),
    )
    kept = {
        mart: lab.candidate(mart) for mart in ("mart_relocation_progress", "mart_control_total")
    }

    failures = lab.run_edited("mart_reporting", "mart_relocation_progress", "mart_control_total")

    assert set(failures) == set(kept)
    assert "never removed" in failures["mart_relocation_progress"]
    assert "never changes its type" in failures["mart_control_total"]
    assert {mart: lab.candidate(mart) for mart in kept} == kept
    assert lab.rows("select area_code, outstanding from marts.mart_reporting order by 1") != []
    # Months built before it are null: the promise holds in the partition, not in the parent.
    assert lab.rows(
        "select attrelid::regclass::text, attnotnull from pg_attribute"
        " where attname = 'outstanding' order by 1"
    ) == [("marts.mart_reporting", False), ("marts.mart_reporting__200911", True)]


def test_a_build_that_was_overtaken_writes_nothing(edited: Lab) -> None:
    overtaken = open_build(edited.settings, MONTH)
    open_build(edited.settings, MONTH)
    before = edited.candidate("mart_fund_progress")
    failures = edited.run_edited("mart_fund_progress", build=overtaken)
    assert "is not in force" in failures["mart_fund_progress"]
    assert edited.candidate("mart_fund_progress") == before
    assert _leftovers(edited) == []
