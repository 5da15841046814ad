"""An older version of the project is put back, its files with their old times."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.dbt import run_dbt
from warehouse.migrate import migrate

if TYPE_CHECKING:
    from tests.integration.dbt.conftest import Lab

MART = "mart_reporting"


def test_migrate_takes_the_files_for_what_they_are(lab: Lab) -> None:
    settings = lab.edited_settings
    file = lab.project / "models" / "marts" / f"{MART}.yml"
    text, moment = file.read_text("utf-8"), file.stat().st_mtime_ns
    run_dbt(settings, ["parse"])
    lab.edit(f"models/marts/{MART}.yml", retyped)
    run_dbt(settings, ["parse"])
    assert "text" in types(settings.run_dir)
    file.write_text(text, "utf-8")
    os.utime(file, ns=(moment, moment))

    lab.edit("models/marts/mart_reporting.sql", lambda old: old + "-- another version\n")
    migrate(settings)

    assert "text" not in types(settings.run_dir)


def retyped(text: str) -> str:
    return text.replace("data_type: bigint", "data_type: text")


def types(run_dir: Path) -> set[str]:
    """Return the types of the counts in the contract of the mart, as dbt understood it."""
    manifest = json.loads((run_dir / "dbt" / "manifest.json").read_text("utf-8"))
    columns = manifest["nodes"][f"model.township_monitoring.{MART}"]["columns"]
    return {columns[name]["data_type"] for name in ("expected", "received")}
