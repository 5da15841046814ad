"""Which measure of the marts a column of a form becomes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from ingest.generate.marts import traced_measures
from warehouse.errors import DefinitionError


def contracts(folder: Path, **marts: Mapping[str, Mapping[str, object]]) -> Path:
    """Write one contract for each mart: column -> meta."""
    for mart, columns in marts.items():
        described = [
            {"name": name, "data_type": "bigint", "config": {"meta": meta}}
            for name, meta in columns.items()
        ]
        content = {"models": [{"name": f"mart_{mart}", "columns": described}]}
        (folder / f"{mart}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def test_a_column_of_money_becomes_one_measure_of_the_fund_year_and_one_of_all_years(
    tmp_path: Path,
) -> None:
    paid = {"form": "FP-02", "column": "amount_paid_c"}
    folder = contracts(
        tmp_path,
        fund={"paid_fund_year": {"trace": {**paid, "fund_year": "current"}}},
        project={"paid_total": {"trace": paid}, "projects": {}},
    )
    assert traced_measures(folder) == [
        {
            "form_code": "FP-02",
            "column_name": "amount_paid_c",
            "measure": "paid_fund_year",
            "fund_year_only": True,
            "all_years_measure": "paid_total",
        }
    ]


def test_an_attribute_stands_as_it_was_filed(tmp_path: Path) -> None:
    folder = contracts(
        tmp_path, project={"state_code": {"filed": {"form": "FP-01", "column": "state"}}}
    )
    (row,) = traced_measures(folder)
    assert (row["measure"], row["all_years_measure"]) == ("state_code", "state_code")
    assert row["fund_year_only"] is False


def test_a_quantity_with_two_names_is_refused(tmp_path: Path) -> None:
    planned = {"trace": {"form": "FP-01", "column": "plan_amount"}}
    folder = contracts(tmp_path, one={"planned": planned}, two={"plan": planned})
    with pytest.raises(DefinitionError, match="planned in one mart and plan in mart_two"):
        traced_measures(folder)
