"""Reading the marts' contracts out of dbt's property files."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.contracts import LEADING_COLUMNS, mart_contracts
from warehouse.errors import DefinitionError
from warehouse.settings import Settings

_COLUMNS = """
      - {name: figure, data_type: "numeric(16,2)", description: Money, meta: {unit: yuan}}
      - {name: stat_month, data_type: date}
      - {name: area_level, data_type: text}
      - {name: area_code, data_type: text, config: {meta: {trace_filter: {place: true}}}}
      - {name: area_name_zh, data_type: text}
      - {name: obs_status, data_type: text}
"""
_MODEL = """
models:
  - name: mart_example
    description: |
      An
      example.
    constraints: [{type: primary_key, columns: [stat_month, area_code]}]
    columns:
"""


class _Elsewhere(Settings):
    """Settings whose dbt project lies in the home."""

    @property
    def dbt_project_dir(self) -> Path:
        return self.home


def _project(tmp_path: Path, text: str) -> Settings:
    folder = tmp_path / "models" / "marts"
    folder.mkdir(parents=True)
    (folder / "marts.yml").write_text(text, encoding="utf-8")
    return _Elsewhere(home=tmp_path)


def test_a_contract_is_read_with_the_leading_columns_first(tmp_path: Path) -> None:
    (mart,) = mart_contracts(_project(tmp_path, _MODEL + _COLUMNS))
    assert (mart.name, mart.subject, mart.description) == ("mart_example", "example", "An example.")
    assert mart.column_names == (*LEADING_COLUMNS, "figure")
    assert mart.key == ("stat_month", "area_code")
    assert mart.columns[1].meta == {"trace_filter": {"place": True}}
    assert mart.columns[-1].sql_type == "numeric(16,2)"
    assert mart.columns[-1].meta == {"unit": "yuan"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("data_type: date", "description: none", "no data_type"),
        ("columns: [stat_month, area_code]", "columns: [area_code]", "key"),
        ("name: obs_status", "name: other", "obs_status"),
        ("type: primary_key", "type: unique", "key"),
    ],
)
def test_a_contract_that_cannot_be_published_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = _MODEL + _COLUMNS
    assert old in text
    with pytest.raises(DefinitionError, match=said):
        mart_contracts(_project(tmp_path, text.replace(old, new)))
