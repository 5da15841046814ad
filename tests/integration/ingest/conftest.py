"""Real returns for the tests: written as a township would file them, as workbook or csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.forms.catalogue import load_form
from ingest.generate.workbook import write_return_csv, write_return_xlsx
from warehouse.database import Role, connect
from warehouse.settings import Settings

LIJIANG = "530700000000"
NOT_COLLECTED = "未收集(文件未列)"


class ReturnWriter:
    """Writes a return and gives its path; the suffix of the name says `.xlsx` or `.csv`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def __call__(
        self,
        name: str,
        rows: Sequence[Mapping[str, Any]] | None = None,
        *,
        encoding: str = "utf-8",
        form_code: str = "FP-02",
        **changes: str,
    ) -> Path:
        path = self.folder / name
        form = load_form(form_code)
        head = {
            "form_code": form_code,
            "edition": "2009",
            "report_month": "200911",
            "area_code": LIJIANG,
            "area_name": "丽江市扶贫办",
            "version": "0",
            "money_unit": "元",
            "nil_return": "否",
            **changes,
        }
        rows = [self.row()] if rows is None else rows
        if path.suffix == ".xlsx":
            write_return_xlsx(path, form, head, rows)
        else:
            write_return_csv(path, form, head, rows, encoding)
        return path

    def row(self, **changes: Any) -> dict[str, Any]:
        """Return a lump row of FP-02 as the examples file it."""
        cells = {
            "place_code": LIJIANG,
            "row_kind": "2",
            "units": 187,
            "fund_source": "10",
            "programme": "01",
            "amount_issued_y": 28050000,
            "amount_inplace_y": NOT_COLLECTED,
            "amount_paid_y": NOT_COLLECTED,
            "amount_reimbursed_y": NOT_COLLECTED,
        }
        return {**cells, **changes}


@pytest.fixture
def write_return(tmp_path: Path) -> ReturnWriter:
    return ReturnWriter(tmp_path / "returns")


@pytest.fixture
def query() -> Callable[[Settings, str], list[tuple[Any, ...]]]:
    """Return a function that reads the warehouse as its administrator."""

    def run(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
        with connect(settings, Role.admin) as connection:
            return connection.execute(statement).fetchall()

    return run


@pytest.fixture
def assigned_home(warehouse_home: Settings) -> Settings:
    """Return a warehouse in which Lijiang city owes FP-02 and FP-08."""
    with connect(warehouse_home, Role.loader) as connection:
        for form_code in ("FP-02", "FP-08"):
            connection.execute(
                "insert into ops.assignment (area_code, form_code, valid_from)"
                " values (%s, %s, '2009-01-01')",
                [LIJIANG, form_code],
            )
    return warehouse_home
