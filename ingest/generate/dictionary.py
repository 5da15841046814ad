"""The data dictionary: every form column, code and rule, every column that readers get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ingest.forms.catalogue import code_list, cross_form_rules, general_rules, table_columns
from ingest.forms.model import Code, Column, Form, Rule, Table
from ingest.generate.files import NOTICE, Files
from ingest.generate.labels import BASIS, TYPE, row_kinds, severity
from ingest.generate.marts import mart_models
from warehouse.published_view import PublishedView
from warehouse.published_views import ledger_views

PATH = PurePosixPath("docs/generated/data-dictionary.md")

_INTRO = """\
Blank means not reported and is never 0. Money is stored in yuan, `numeric(16,2)`; persons and \
households are whole numbers. Every row of every form table also carries `submission_id`, `sheet` \
and `row_no`, so that each value leads back to its cell.
"""


def data_dictionary(forms: Sequence[Form], marts_folder: Path) -> Files:
    """Return the dictionary of the forms and of the marts whose contracts stand in the folder."""
    lines = [f"<!-- {NOTICE} -->", "# Data dictionary 数据字典", "", _INTRO]
    lines += ["## Bases 口径", "", *_grid(("basis", "meaning"), BASIS.items()), ""]
    for form in forms:
        lines += _form(form)
    lines += ["## Checks of every form 通用审核", "", *_rules(general_rules()), ""]
    lines += [
        "## Checks over months, forms and areas 表间审核",
        "",
        *_rules(cross_form_rules()),
        "",
    ]
    lines += ["## Code lists 代码表", ""]
    for name in _lists(forms):
        lines += [f"### {name}", "", *_codes(code_list(name).values()), ""]
    lines += ["## Published views 发布视图", ""]
    for mart in mart_models(marts_folder):
        lines += _mart(mart)
    for view in ledger_views(timezone="UTC"):
        lines += _ledger_view(view)
    return {PATH: ("\n".join(lines).rstrip() + "\n").encode()}


def _form(form: Form) -> Iterator[str]:
    yield from (f"## {form.form_code} {form.title.zh} {form.title.en}", "")
    yield from (f"{form.grain.zh} {form.grain.en}.", "")
    editions = ((e.edition, e.since, e.until or "", e.approval_no) for e in form.editions)
    yield from _grid(("edition", "since", "until", "approval"), editions)
    for table in form.tables:
        yield from ("", f"### raw.{table.name} {table.title.zh}", "")
        yield from _columns(form, table)
    yield from ("", f"### Checks of {form.form_code} at receipt", "")
    yield from _rules(form.rules)
    yield ""


def _rules(rules: Iterable[Rule]) -> Iterator[str]:
    rows = (
        (
            f"{rule.id} ({rule.part})" if rule.part else rule.id,
            severity(rule.severity),
            "" if rule.column == "it" else f"`{rule.column}`",
            f"{rule.description.zh} {rule.description.en}",
        )
        for rule in rules
    )
    yield from _grid(("check", "severity", "column", "rule"), rows)


def _columns(form: Form, table: Table) -> Iterator[str]:
    headings = ("column", "heading", "type", "unit", "basis", "key", "required in", "description")
    rows = (
        (
            f"`{c.name}`",
            f"{c.zh} {c.en}",
            f"{TYPE[c.type]}{f' ({c.codes})' if c.codes else ''}",
            c.unit or "",
            c.basis,
            _key(c),
            row_kinds(c),
            f"{c.description.zh} {c.description.en}",
        )
        for c in table_columns(form, table)
    )
    yield from _grid(headings, rows)


def _key(column: Column) -> str:
    if not column.key:
        return ""
    return f"key, blank is `{column.key_default}`" if column.key_default else "key"


def _lists(forms: Iterable[Form]) -> list[str]:
    return sorted(
        {
            column.codes
            for form in forms
            for table in form.tables
            for column in table_columns(form, table)
            if column.codes
        }
    )


def _codes(codes: Iterable[Code]) -> Iterator[str]:
    rows = (
        (
            f"`{code.code}`",
            code.zh,
            code.en,
            code.group or "",
            ", ".join(str(kind) for kind in code.row_kinds),
            " ".join(code.covers),
        )
        for code in codes
    )
    yield from _grid(("code", "中文", "English", "group", "row kinds", "covers"), rows)


def _mart(mart: dict[str, Any]) -> Iterator[str]:
    subject = mart["name"].removeprefix("mart_")
    yield from (f"### published.{subject}", "", _one_line(mart.get("description", "")), "")
    rows = (
        (f"`{c['name']}`", c.get("data_type", ""), c.get("description", ""))
        for c in mart.get("columns", [])
    )
    yield from _grid(("column", "type", "description"), rows)
    yield ""


def _ledger_view(view: PublishedView) -> Iterator[str]:
    yield from (f"### published.{view.name}", "", _one_line(view.description), "")
    yield from _grid(("column", "description"), ((f"`{n}`", t) for n, t in view.comments.items()))
    yield ""


def _grid(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(headings)
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_one_line(cell).replace("|", "\\|") for cell in cells) + " |"


def _one_line(text: str) -> str:
    return " ".join(text.split())
