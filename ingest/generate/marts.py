"""The marts' contracts, as far as other things derive from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from warehouse.errors import DefinitionError

MARTS_FOLDER = Path("dbt_project") / "models" / "marts"


def mart_models(folder: Path) -> Iterator[dict[str, Any]]:
    """Return the description of each mart, as dbt's property files give it."""
    for path in sorted(folder.glob("*.yml")):
        document = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) or {}
        for model in document.get("models", []):
            if model["name"].startswith("mart_"):
                yield model


def traced_measures(folder: Path) -> list[dict[str, object]]:
    """Return which measure of the marts each column of a form becomes, one row for each column.

    By the contracts' `trace` meta, or `filed` where an attribute stands as it was filed. Of a
    column from which two measures are made, `measure` is that of the current fund year
    (`fund_year_only`); `all_years_measure` is the one of every row, null where there is none.
    Raises `DefinitionError` where one column has two names in the marts: the same quantity has
    the same name everywhere.
    """
    names: dict[tuple[str, str], dict[bool, str]] = {}
    for mart in mart_models(folder):
        for column in mart.get("columns", []):
            meta = (column.get("config") or {}).get("meta") or {}
            origin = meta.get("trace") or meta.get("filed") or {}
            if "column" not in origin:
                continue
            key = (str(origin["form"]), str(origin["column"]))
            name = names.setdefault(key, {}).setdefault("fund_year" in origin, column["name"])
            if name != column["name"]:
                raise DefinitionError(
                    f"{key[0]} {key[1]} is {name} in one mart and {column['name']} in"
                    f" {mart['name']}.",
                    remedy=f"Give it one name in {folder}.",
                )
    return [
        {
            "form_code": form_code,
            "column_name": column_name,
            "measure": found.get(True) or found[False],
            "fund_year_only": True in found,
            "all_years_measure": found.get(False),
        }
        for (form_code, column_name), found in sorted(names.items())
    ]
