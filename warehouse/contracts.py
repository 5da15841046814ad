"""The marts' contracts, read from dbt's property files: what `released` and `published` hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from warehouse.errors import DefinitionError
from warehouse.settings import Settings

_PREFIX = "mart_"
# Every published view but `release` begins with these, in this order.
LEADING_COLUMNS = ("stat_month", "area_code", "area_level", "area_name_zh", "obs_status")


@dataclass(frozen=True)
class MartColumn:
    """One column of a mart: its PostgreSQL type, its comment, its dbt meta."""

    name: str
    sql_type: str
    description: str
    meta: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class MartContract:
    """A mart as dbt promises it; `subject` names it in `released` and `published`."""

    name: str
    subject: str
    description: str
    columns: tuple[MartColumn, ...]
    key: tuple[str, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return the names of the columns in the order readers see them."""
        return tuple(column.name for column in self.columns)


def mart_contracts(settings: Settings) -> tuple[MartContract, ...]:
    """Return the contracts of all marts, by name.

    The key is the model's primary-key constraint, `stat_month` included.
    """
    found: dict[str, MartContract] = {}
    for path in sorted((settings.dbt_project_dir / "models" / "marts").rglob("*.yml")):
        for model in _models(path, path.stat().st_mtime_ns):
            if not model["name"].startswith(_PREFIX):
                continue
            if model["name"] in found:
                raise _wrong(path, model["name"], "is described twice")
            found[model["name"]] = _contract(path, model)
    return tuple(found[name] for name in sorted(found))


@lru_cache(maxsize=64)
def _models(path: Path, _modified_ns: int) -> tuple[dict[str, Any], ...]:
    """Return the models a file describes; a trace or a gate asks for the same file many times."""
    content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) or {}
    return tuple(content.get("models") or ())


def _contract(path: Path, model: dict[str, Any]) -> MartContract:
    name = model["name"]
    columns = []
    for column in model.get("columns") or []:
        if not column.get("data_type"):
            raise _wrong(path, name, f"column {column['name']} has no data_type")
        meta = {**(column.get("meta") or {}), **((column.get("config") or {}).get("meta") or {})}
        columns.append(
            MartColumn(
                name=column["name"],
                sql_type=str(column["data_type"]),
                description=" ".join(str(column.get("description") or "").split()),
                meta=meta,
            )
        )
    key = _key(model)
    names = [column.name for column in columns]
    missing = [column for column in (*LEADING_COLUMNS, *key) if column not in names]
    if missing or "stat_month" not in key:
        raise _wrong(path, name, f"lacks columns {missing} or the month in its key {key}")
    columns.sort(
        key=lambda column: (
            LEADING_COLUMNS.index(column.name)
            if column.name in LEADING_COLUMNS
            else len(LEADING_COLUMNS)
        )
    )
    return MartContract(
        name=name,
        subject=name.removeprefix(_PREFIX),
        description=" ".join(str(model.get("description") or "").split()),
        columns=tuple(columns),
        key=key,
    )


def _key(model: dict[str, Any]) -> tuple[str, ...]:
    constraints = [
        *(model.get("constraints") or []),
        *((model.get("config") or {}).get("constraints") or []),
    ]
    for constraint in constraints:
        if constraint.get("type") == "primary_key":
            return tuple(constraint["columns"])
    return ()


def _wrong(path: Path, model: str, trouble: str) -> DefinitionError:
    return DefinitionError(f"{path.name}: {model} {trouble}.", remedy="Correct that file.")
