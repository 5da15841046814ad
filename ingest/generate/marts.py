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
    """Return which measure of the marts each column of a form becomes, by their `trace` meta.

    Raises `DefinitionError` where one column has two names in the marts: the same quantity has
    the same name everywhere.
    """
    found: dict[tuple[str, str], dict[str, object]] = {}
    for mart in mart_models(folder):
        for column in mart.get("columns", []):
            trace = ((column.get("config") or {}).get("meta") or {}).get("trace") or {}
            if "column" not in trace:
                continue
            key = (str(trace["form"]), str(trace["column"]))
            row: dict[str, object] = {
                "form_code": key[0],
                "column_name": key[1],
                "measure": column["name"],
                "fund_year_only": "fund_year" in trace,
            }
            if found.setdefault(key, row) != row:
                raise DefinitionError(
                    f"{key[0]} {key[1]} is {found[key]['measure']} in one mart and"
                    f" {column['name']} in {mart['name']}.",
                    remedy=f"Give it one name in {folder}.",
                )
    return [found[key] for key in sorted(found)]
