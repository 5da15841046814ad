"""A warehouse whose returns are rows written by hand, and a dbt project that may be edited."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection, sql

from warehouse.builds import BuildResult, OpenBuild, build_month, open_build
from warehouse.database import Role, connect
from warehouse.dbt import run_dbt
from warehouse.errors import BuildError
from warehouse.month import Month
from warehouse.settings import PROJECT_ROOT, Settings

MONTH = Month(2009, 11)
_KEYS = {
    "fp02": {"fund_doc_no": "-", "project_code": "-"},
    "fp08": {"site_code": "-", "from_village": "-", "to_place": "-"},
}
_FORMS = {"FP-01": "fp01", "FP-02": "fp02", "FP-03": "fp03", "FP-08": "fp08"}
_SUB_TABLES = {"FP-01": "fp01b", "FP-02": "fp02b"}
Rows = Sequence[dict[str, Any]]


class SettingsOfProject(Settings):
    """Settings whose dbt project is the copy of a test."""

    project: Path

    @property
    def dbt_project_dir(self) -> Path:
        """Return the folder of the copy."""
        return self.project

    @property
    def run_dir(self) -> Path:
        """Return a folder of its own: dbt must not take this project for the one of the home."""
        return self.project / "run"


class Lab:
    """A warehouse of its own: returns go in as rows, months come out of dbt."""

    def __init__(self, settings: Settings, project: Path) -> None:
        self.settings = settings
        self.project = project

    @property
    def edited_settings(self) -> Settings:
        """Return the settings by which dbt takes the edited project."""
        return SettingsOfProject(**self.settings.model_dump(), project=self.project)

    def receive(
        self, unit: str, form: str, rows: Rows, *, sub_rows: Rows = (), month: Month = MONTH
    ) -> int:
        """Record an accepted, assigned return with these rows; return its submission.

        `sub_rows` go to the form's sub-table.
        """
        with connect(self.settings, Role.admin) as connection:
            connection.execute(
                "insert into ops.assignment (area_code, form_code, valid_from)"
                " values (%s, %s, '2000-01-01') on conflict do nothing",
                [unit, form],
            )
            row = connection.execute(
                "insert into ops.submission (receipt_no, sha256, file_name, file_bytes,"
                " landing_path, form_code, area_code, stat_month, version, received_at,"
                " passed_level_0, state) values (gen_random_uuid(), gen_random_uuid(), 'a.xlsx',"
                " 1, 'x', %s, %s, %s, 0, %s, true, 'accepted') returning submission_id",
                [form, unit, month.first_day, month.shift(1).first_day],
            ).fetchone()
            assert row is not None
            table = _FORMS[form]
            own = {
                "submission_id": row[0],
                "sheet": form,
                **_KEYS.get(table, {}),
                "place_code": unit,
            }
            _insert(connection, table, [{**own, **values} for values in rows])
            if sub_rows:
                sub = [{"submission_id": row[0], **values} for values in sub_rows]
                _insert(connection, _SUB_TABLES[form], sub)
        return int(row[0])

    @staticmethod
    def fund(issued: int | None, **values: Any) -> dict[str, Any]:
        """Return a lump row of FP-02: programme 03, provincial money, unless said otherwise."""
        return {
            "row_kind": "2",
            "programme": "03",
            "fund_source": "12",
            "amount_issued_y": issued,
            **values,
        }

    @staticmethod
    def project_row(code: str, **values: Any) -> dict[str, Any]:
        """Return a detail row of FP-01: programme 01, under way, unless said otherwise."""
        return {
            "row_kind": "1",
            "project_code": code,
            "programme": "01",
            "state": "4",
            **values,
        }

    @staticmethod
    def village_row(village_id: str | None, **values: Any) -> dict[str, Any]:
        """Return a detail row of FP-03: a natural village in the list of poor villages."""
        return {
            "row_kind": "1",
            "village_id": village_id,
            "village_kind": "2",
            "coverage": "1",
            **values,
        }

    def build(self, month: Month = MONTH) -> BuildResult:
        """Build a month with the project as it stands in the repository."""
        return build_month(self.settings, month)

    def build_model(self, model: str, month: Month = MONTH) -> None:
        """Build a model of a month and what it is made of: a third of the time of all."""
        run = _run(open_build(self.settings, month))
        run_dbt(self.settings, ["run", "--select", model, f"+{model},path:models/core"], run=run)

    def run_edited(self, *selection: str, build: OpenBuild | None = None) -> dict[str, str]:
        """Run models of the edited project in a new build; return model -> message of failure."""
        run = _run(build or open_build(self.settings, MONTH))
        edited = self.edited_settings
        try:
            run_dbt(edited, ["run", "--select", *selection], run=run)
        except BuildError:
            results = json.loads((edited.run_dir / "dbt" / "run_results.json").read_text())
            return {
                result["unique_id"].split(".")[2]: result["message"]
                for result in results["results"]
                if result["status"] == "error"
            }
        return {}

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Change a file of the copied project; a change that changes nothing is an error."""
        file = self.project / path
        text = file.read_text(encoding="utf-8")
        assert change(text) != text
        file.write_text(change(text), encoding="utf-8")

    def rows(self, query: str) -> list[Any]:
        """Return the rows of a query."""
        with connect(self.settings, Role.admin) as connection:
            return connection.execute(query.encode()).fetchall()

    def candidate(self, mart: str) -> list[Any]:
        """Return a mart's rows, and the identity of the partition that holds them."""
        return self.rows(f"select tableoid, to_jsonb(mart) from marts.{mart} as mart order by 2")


def _run(build: OpenBuild) -> dict[str, object]:
    return {
        "STAT_MONTH": build.month.first_day.isoformat(),
        "BUILD_ID": build.build_id,
        "BUILD_TOKEN": str(build.token),
    }


def _insert(connection: Connection, table: str, rows: Rows) -> None:
    for number, values in enumerate(rows, start=20):
        filed = {"sheet": table, "row_no": number, **values}
        connection.execute(
            sql.SQL("insert into raw.{} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, filed)),
                sql.SQL(", ").join(map(sql.Literal, filed.values())),
            )
        )


def _copy_of_project(folder: Path) -> Path:
    project = PROJECT_ROOT / "dbt_project"
    ignored = shutil.ignore_patterns("target", "logs")
    return Path(shutil.copytree(project, folder / "project", ignore=ignored))


@pytest.fixture
def lab(warehouse_home: Settings, tmp_path: Path) -> Lab:
    """Return a migrated warehouse without returns, and a project that may be edited."""
    return Lab(warehouse_home, _copy_of_project(tmp_path))


@pytest.fixture(scope="module")
def module_lab(module_warehouse_home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return the same, shared by the tests of a module."""
    return Lab(module_warehouse_home, _copy_of_project(tmp_path_factory.mktemp("module")))


@pytest.fixture
def edited(module_lab: Lab, tmp_path: Path) -> Lab:
    """Return the shared warehouse with an unedited project of its own."""
    return Lab(module_lab.settings, _copy_of_project(tmp_path))
