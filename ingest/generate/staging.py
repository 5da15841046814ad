"""dbt sources over `raw`, and the enforced contract of the staging model of each form table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from ingest.forms.catalogue import table_columns
from ingest.forms.model import Column, Form, Table
from ingest.generate.ddl import LINEAGE
from ingest.generate.files import Files, as_yaml
from ingest.generate.labels import column_comment

FOLDER = PurePosixPath("dbt_project/models/staging/generated")

# What a staging model adds to the columns of its raw table.
_BUILD_COLUMNS = {
    "build_id": ("bigint", "构建编号 The build in force that froze this return."),
    "stat_month": ("date", "报告月份 The reporting month, its first day."),
    "submission_id": LINEAGE["submission_id"],
    "filing_unit_code": ("text", "填报单位代码 The unit that filed the return."),
    "version": ("integer", "报送版本 0 the first return, 1 and on corrections."),
    "sheet": LINEAGE["sheet"],
    "row_no": LINEAGE["row_no"],
}


def staging_files(forms: Iterable[Form]) -> Files:
    """Return `_raw_forms.yml` (tables of the source `raw`) and a contract for each form table."""
    listed = [(form, table) for form in forms for table in form.tables]
    files = {FOLDER / "_raw_forms.yml": as_yaml(_sources(listed))}
    for form, table in listed:
        name = f"stg_township__{table.name}"
        files[FOLDER / f"{name}.yml"] = as_yaml(_contract(name, form, table))
    return files


def _sources(listed: Iterable[tuple[Form, Table]]) -> dict[str, Any]:
    tables = [
        {
            "name": table.name,
            "description": _about(form, table),
            "columns": [
                *(_plain(name, *about) for name, about in LINEAGE.items()),
                *(_described(column) for column in table_columns(form, table)),
            ],
        }
        for form, table in listed
    ]
    return {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                "schema": "raw",
                "tables": tables,
            }
        ],
    }


def _contract(name: str, form: Form, table: Table) -> dict[str, Any]:
    return {
        "version": 2,
        "models": [
            {
                "name": name,
                "description": _about(form, table),
                "config": {
                    "contract": {"enforced": True},
                    "meta": {"form_code": form.form_code, "sheet": table.sheet},
                },
                "columns": [
                    *(_plain(column, *about) for column, about in _BUILD_COLUMNS.items()),
                    *(_described(column) for column in table_columns(form, table)),
                ],
            }
        ],
    }


def _about(form: Form, table: Table) -> str:
    return (
        f"{form.form_code} {table.title.zh} {table.title.en}. 粒度 {form.grain.zh} {form.grain.en}"
    )


def _plain(name: str, sql_type: str, about: str) -> dict[str, Any]:
    return {"name": name, "data_type": sql_type, "description": about}


def _described(column: Column) -> dict[str, Any]:
    meta: dict[str, Any] = {"basis": column.basis, "type": column.type}
    if column.unit:
        meta["unit"] = column.unit
    if column.codes:
        meta["codes"] = column.codes
    if column.key:
        meta["key"] = True
    if column.personal:
        meta["personal"] = True
    return {
        **_plain(column.name, column.sql_type, column_comment(column)),
        "config": {"meta": meta},
    }
