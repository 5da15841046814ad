"""The rows of the seeds, from the form definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.forms.catalogue import (
    code_list,
    cross_form_rules,
    head_fields,
    reference_rows,
    table_columns,
)
from ingest.forms.model import Code, Column, Form, Rule, Table

SeedRows = list[dict[str, object]]
_CONTROL_ONLY = (3,)
_ELSEWHERE = ("form_code", "programme", "fund_source", "compared_form", "column_name")


def code_rows(name: str, *, group: str | None = None) -> SeedRows:
    """Return the codes of a list; `group` names the column that holds their group."""
    rows: SeedRows = []
    for code in code_list(name).values():
        row: dict[str, object] = {"code": code.code, "name_zh": code.zh, "name_en": code.en}
        if group:
            row[group] = code.group
        rows.append({**row, "totals_only": _is_total(code)})
    return rows


def cover_rows(names: Iterable[str]) -> SeedRows:
    """Return each pair of a total and a code it covers."""
    return [
        {"list_name": name, "total_code": code.code, "part_code": part}
        for name in names
        for code in code_list(name).values()
        if _is_total(code)
        for part in code.covers
    ]


def dated_rows(table: str) -> SeedRows:
    """Return the rows of a dated reference table."""
    return [dict(row) for row in reference_rows(table)]


def measure_rows(forms: Iterable[Form]) -> SeedRows:
    """Return the additive measures of every form table."""
    return [
        {
            "form_code": form.form_code,
            "table_name": table.name,
            "column_name": column.name,
            "name_zh": column.zh,
            "name_en": column.en,
            "type": column.type,
            "unit": column.unit,
            "basis": column.basis,
        }
        for form, table, column in _columns(forms)
        if column.is_measure
    ]


def growth_rows(forms: Iterable[Form]) -> SeedRows:
    """Return the measures whose growth a form prints, in the order in which they are tried."""
    return [
        {"form_code": form.form_code, "position": position, "column_name": name}
        for form in forms
        for position, name in enumerate(form.growth_measures, start=1)
    ]


def uninstalled_rows(forms: Iterable[Form]) -> SeedRows:
    """Return the parts of totals that are filed in a form which is not installed."""
    installed = {form.form_code for form in forms}
    return [
        {name: row[name] for name in _ELSEWHERE}
        for row in reference_rows("filed_elsewhere")
        if row["form_code"] not in installed
    ]


def core_rules(forms: Iterable[Form]) -> list[tuple[str | None, Rule]]:
    """Return each rule that core evaluates with the form it belongs to, if to one."""
    cross = [(_form_of(rule), rule) for rule in cross_form_rules()]
    own = [(f.form_code, rule) for f in forms for rule in f.rules if rule.evaluated == "core"]
    return [*cross, *own]


def personal_rows(forms: Iterable[Form]) -> SeedRows:
    """Return the columns and head fields of each form that hold data about persons."""
    names = {(f.form_code, field.name) for f in forms for field in head_fields() if field.personal}
    names |= {(f.form_code, column.name) for f, _, column in _columns(forms) if column.personal}
    return [{"form_code": form, "column_name": name} for form, name in sorted(names)]


def rule_rows(forms: Iterable[Form]) -> SeedRows:
    """Return the rules that core evaluates; `tolerance` is in the unit of the compared value."""
    return [
        {
            "check_id": rule.id,
            "part": rule.part,
            "severity": rule.severity,
            "level": rule.level,
            "form_code": form_code,
            "column_name": None if rule.column == "it" else rule.column,
            "tolerance": rule.parameters.get(
                "default_tolerance", rule.parameters.get("tolerance_points")
            ),
            "tolerance_pct": rule.parameters.get("tolerance_pct"),
            "message_zh": rule.message.zh,
            "message_en": rule.message.en,
        }
        for form_code, rule in core_rules(forms)
    ]


def rule_parameter_rows(forms: Iterable[Form]) -> SeedRows:
    """Return every parameter of the rules that core evaluates."""
    return [
        {"check_id": rule.id, "part": rule.part, "name": name, "value": value}
        for _, rule in core_rules(forms)
        for name, value in rule.parameters.items()
    ]


def _form_of(rule: Rule) -> str | None:
    form = rule.parameters.get("form")
    return None if form is None else str(form)


def _columns(forms: Iterable[Form]) -> Iterator[tuple[Form, Table, Column]]:
    for form in forms:
        for table in form.tables:
            for column in table_columns(form, table):
                yield form, table, column


def _is_total(code: Code) -> bool:
    return code.row_kinds == _CONTROL_ONLY
