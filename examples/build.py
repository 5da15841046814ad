"""Write the rebuilt returns as the files a unit would send, the same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from examples.returns import ExampleReturn, example_returns, rows_of
from ingest.forms.catalogue import load_form, table_columns
from ingest.forms.model import Edition, Form
from ingest.generate.workbook import write_return_csv, write_return_xlsx
from warehouse.errors import DefinitionError
from warehouse.month import Month

_RECONSTRUCTION = "重建"
_PROJECT = "乡镇监测数据仓库（本项目）"


@dataclass(frozen=True)
class ExampleFile:
    """A written file and the moment at which it reaches the inbox (with its time zone)."""

    path: Path
    received_at: datetime


def build_returns(folder: Path, out_dir: Path, version: int) -> list[ExampleFile]:
    """Write the files of the example whose 报送版本 is `version`, in the order of receipt.

    `folder` holds the example, `out_dir` takes the files. Version 0 is every unit's first
    return; version 1 of Lijiang holds Huaping's two corrected returns.
    """
    chosen = [filed for filed in example_returns(folder) if filed.version == version]
    written = []
    for filed in sorted(chosen, key=lambda filed: (filed.received_at, filed.return_id)):
        path = out_dir / filed.file_name
        write_return(path, filed)
        written.append(ExampleFile(path, filed.received_at))
    return written


def write_return(path: Path, filed: ExampleReturn) -> None:
    """Write one return of the example to `path` in its own file format."""
    form = load_form(filed.form_code)
    numbers = {c.name for c in table_columns(form, form.tables[0]) if c.is_number}
    rows = [
        {name: _cell(text, number=name in numbers) for name, text in row.items()}
        for row in rows_of(filed)
    ]
    if filed.format == "csv":
        write_return_csv(path, form, head_of(filed, form), rows, encoding=filed.encoding)
    else:
        write_return_xlsx(path, form, head_of(filed, form), rows)


def head_of(filed: ExampleReturn, form: Form) -> dict[str, str]:
    """Return the head of the return; who signed it is unknown and says so."""
    edition = _edition(form, filed.month)
    return {
        "form_code": form.form_code,
        "edition": edition.edition,
        "enacted_by": _PROJECT,
        "approval_no": edition.approval_no,
        "valid_until": edition.until or "",
        "report_month": filed.month.compact,
        "area_code": filed.area_code,
        "area_name": filed.area_name,
        "version": str(filed.version),
        "filled_by": _RECONSTRUCTION,
        "statistics_head": _RECONSTRUCTION,
        "unit_head": _RECONSTRUCTION,
        "phone": _RECONSTRUCTION,
        "reported_at": filed.received_at.date().isoformat(),
        "money_unit": "元",
        "nil_return": "否",
    }


def _edition(form: Form, month: Month) -> Edition:
    for edition in form.editions:
        if edition.since <= str(month) and (edition.until is None or edition.until >= str(month)):
            return edition
    raise DefinitionError(
        f"{form.form_code} has no edition for {month}.",
        remedy="Add the edition to the form's definition, or leave the form out of rows.csv.",
    )


def _cell(text: str, *, number: bool) -> str | int:
    return int(text) if number and text.isdecimal() else text
