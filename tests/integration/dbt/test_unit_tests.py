"""The unit tests of the models are run, and every calculated measure has one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from warehouse.contracts import mart_contracts
from warehouse.dbt import run_dbt
from warehouse.settings import Settings


def _unit_tests(settings: Settings) -> list[dict[str, Any]]:
    files = sorted(Path(settings.dbt_project_dir, "models").rglob("*.yml"))
    contents = [yaml.safe_load(file.read_text(encoding="utf-8")) or {} for file in files]
    return [test for content in contents for test in content.get("unit_tests") or []]


def test_every_rate_of_a_mart_is_expected_by_a_unit_test(template_database: Settings) -> None:
    expected = {
        (test["model"], column)
        for test in _unit_tests(template_database)
        for row in test["expect"]["rows"]
        for column, value in row.items()
        if value is not None
    }
    shared = {"mart_fund_by_source": "mart_fund_progress"}  # one macro makes the rates of both
    rates = {
        (shared.get(mart.name, mart.name), column.name)
        for mart in mart_contracts(template_database)
        for column in mart.columns
        if column.meta.get("rate")
    }
    assert len(rates) > 10
    assert rates - expected == set()


def test_the_unit_tests_pass(template_database: Settings) -> None:
    run_dbt(template_database, ["test", "--select", "test_type:unit"])
    results = json.loads((template_database.run_dir / "dbt" / "run_results.json").read_text())
    passed = {r["unique_id"].split(".")[-1] for r in results["results"] if r["status"] == "pass"}
    assert passed == {test["name"] for test in _unit_tests(template_database)}
