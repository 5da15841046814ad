"""A copy of the project that a test may edit, and whose own code it then runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.rows import dict_row

from warehouse.database import Role, connect
from warehouse.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from tests.conftest import Clone

_COPIED = ("cli", "warehouse", "ingest", "expectations", "examples", "dbt_project", "docs")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "target", "logs")
# The `tmw` script would do, were it installed from the copy.
_TMW = "import sys; from cli.main import run; sys.argv[0] = 'tmw'; run()"


class SettingsOfCopy(Settings):
    """Settings of a warehouse, with the definitions of the copy."""

    checkout: Path

    @property
    def dbt_project_dir(self) -> Path:
        """Return the dbt project of the copy."""
        return self.checkout / "dbt_project"


@dataclass(frozen=True)
class Checkout:
    """A copy of the project and the warehouse its commands work on."""

    root: Path
    settings: Settings

    @property
    def definitions(self) -> Settings:
        """Return the settings by which this process reads the contracts of the copy."""
        return SettingsOfCopy(**self.settings.model_dump(), checkout=self.root)

    def run(self, words: list[str], *, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command of a guide with the code of the copy; it ends with this exit code."""
        if words == ["make", "generate"]:
            arguments = ["-m", "ingest.generate"]
        else:
            assert words[0] == ".venv/bin/tmw", words
            arguments = ["-c", _TMW, *words[1:]]
        return self.python(*arguments, exit_code=exit_code)

    def tmw(self, line: str, *, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `tmw` with the words of this line."""
        return self.run([".venv/bin/tmw", *line.split()], exit_code=exit_code)

    def python(self, *arguments: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run Python so that it imports the packages of the copy."""
        assert self.settings.database_url is not None
        own = {name: value for name, value in os.environ.items() if not name.startswith("TMW_")}
        done = subprocess.run(
            [sys.executable, *arguments],
            env=own
            | {
                "PYTHONPATH": str(self.root),
                "TMW_HOME": str(self.settings.home),
                "TMW_DATABASE_URL": self.settings.database_url.get_secret_value(),
            },
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == exit_code, (arguments, done.returncode, done.stdout, done.stderr)
        return done

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Change a file; a change that changes nothing is an error."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert change(text) != text
        file.write_text(change(text), encoding="utf-8")

    def touched(self) -> set[str]:
        """Return the files that differ from the project's own, without those of `generated`."""
        return {path for path in self._changed() if "generated" not in Path(path).parts}

    def generated(self) -> set[str]:
        """Return the generated files that differ from the project's own."""
        return self._changed() - self.touched()

    def _changed(self) -> set[str]:
        files = {
            str(path.relative_to(root))
            for root in (self.root, PROJECT_ROOT)
            for folder in _COPIED
            for path in (root / folder).rglob("*")
            if path.is_file() and not {"__pycache__", "target", "logs"}.intersection(path.parts)
        }
        return {path for path in files if not _same(self.root / path, PROJECT_ROOT / path)}

    def rows(self, query: str, role: Role = Role.admin) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        with connect(self.settings, role) as connection:
            return connection.cursor(row_factory=dict_row).execute(query.encode()).fetchall()

    def shape(self) -> dict[str, str]:
        """Return every column of every table and view with its type, and the table's identity."""
        rows = self.rows(
            "select class.relnamespace::regnamespace::text || '.' || class.relname || '.'"
            " || attribute.attname as name, class.oid || ' '"
            " || format_type(attribute.atttypid, attribute.atttypmod) as type"
            " from pg_attribute as attribute inner join pg_class as class"
            " on attribute.attrelid = class.oid where attribute.attnum > 0"
            " and not attribute.attisdropped and class.relkind in ('r', 'p', 'v')"
            " and class.relnamespace::regnamespace::text in"
            " ('ops', 'raw', 'staging', 'core', 'marts', 'released', 'published')"
        )
        return {row["name"]: row["type"] for row in rows}


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and cmp(one, other, shallow=False)


def _copy(folder: Path, settings: Settings) -> Checkout:
    root = folder / "checkout"
    for name in _COPIED:
        shutil.copytree(PROJECT_ROOT / name, root / name, ignore=_NOT_COPIED)
    checkout = Checkout(root, settings)
    imported = checkout.python(
        "-c",
        "import json, cli, expectations, ingest, warehouse;"
        "print(json.dumps([m.__file__ for m in (cli, expectations, ingest, warehouse)]))",
    )
    assert all(Path(file).is_relative_to(root) for file in json.loads(imported.stdout))
    assert checkout.touched() == checkout.generated() == set()
    return checkout


@pytest.fixture(scope="module")
def warehouse(
    published_example: Settings,
    clone_warehouse: Clone,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Return a warehouse of this module with the example month published."""
    home = tmp_path_factory.mktemp("evolution") / "home"
    with clone_warehouse(published_example, home) as settings:
        yield settings
        shutil.rmtree(settings.run_dir / "dbt")  # what dbt remembers is of an edited project


@pytest.fixture(scope="module")
def module_checkout(warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a copy of the project that the tests of a module share."""
    return _copy(tmp_path_factory.mktemp("project"), warehouse)


@pytest.fixture
def checkout(warehouse: Settings, tmp_path: Path) -> Checkout:
    """Return an unedited copy of the project, on the module's warehouse."""
    return _copy(tmp_path, warehouse)
