"""Reads the definitions of this folder, each file once in a process.

Every reader raises `DefinitionError` (naming file and place) where a definition cannot be read
or contradicts itself.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from ingest.forms.consistency import check_consistency, check_cross_form
from ingest.forms.model import Code, Column, Form, HeadField, Rule, Table, TableWords
from warehouse.errors import DefinitionError, UsageError

FOLDER = Path(__file__).parent
_SHARED_FILES = ("head.yml", "every_row.yml", "general.yml", "cross_form.yml", "table_words.yml")
_MODEL = TypeVar("_MODEL")


@cache
def load_forms() -> Mapping[str, Form]:
    """Return every form by its code (`FP-02`), in the order of the codes."""
    return read_forms(FOLDER)


def load_form(code: str) -> Form:
    """Return one form; raise `UsageError` where there is none of this code."""
    forms = load_forms()
    if code not in forms:
        raise UsageError(f"There is no form {code!r}.", remedy=f"Use one of: {', '.join(forms)}.")
    return forms[code]


@cache
def head_fields() -> tuple[HeadField, ...]:
    """Return the fields of every form's head, in the order of the sheet."""
    return _read(FOLDER / "head.yml", "fields", tuple[HeadField, ...])


@cache
def every_row_columns() -> tuple[Column, ...]:
    """Return the columns that every row of every form carries."""
    return _read(FOLDER / "every_row.yml", "columns", tuple[Column, ...])


@cache
def table_words() -> TableWords:
    """Return the words around the rows of any table that name no column."""
    return _read(FOLDER / "table_words.yml", "words", TableWords)


@cache
def general_rules() -> tuple[Rule, ...]:
    """Return the rules shared by all forms (`general.yml`)."""
    return _read(FOLDER / "general.yml", "rules", tuple[Rule, ...])


def general_rule(check_id: str, part: str = "") -> Rule:
    """Return one shared rule, for its severity, level and sentences."""
    return next(rule for rule in general_rules() if (rule.id, rule.part) == (check_id, part))


@cache
def cross_form_rules() -> tuple[Rule, ...]:
    """Return the rules over months, forms and areas (`cross_form.yml`), evaluated in core."""
    return _read(FOLDER / "cross_form.yml", "rules", tuple[Rule, ...])


@cache
def rules_of_values() -> frozenset[str]:
    """Return the errors about what a cell or a key holds: it has no value that one could accept."""
    return frozenset(
        rule.id
        for rule in general_rules()
        if rule.severity == "error"
        and rule.evaluated == "ingest"
        and not (rule.checks or rule.waivable)
    )


def require_waivable(form: Form, check_id: str) -> None:
    """Raise `UsageError` unless a rule of this id judges a form, and a person may overrule it."""
    rules = (*form.rules, *general_rules(), *cross_form_rules())
    known = {rule.id for rule in rules if rule.level > 0 and rule.severity != "info"}
    if check_id not in known - rules_of_values():
        raise UsageError(
            f"No rule {check_id!r} of {form.form_code} can be waived.",
            remedy=f"Use one of: {', '.join(sorted(known - rules_of_values()))}.",
        )


@cache
def code_list(name: str) -> Mapping[str, Code]:
    """Return a code list by code, in the order of its file."""
    return read_codes(FOLDER, name)


@cache
def reference_rows(table: str) -> tuple[Mapping[str, str], ...]:
    """Return the dated rows of a reference table, values as text ('' where blank)."""
    return read_rows(FOLDER / "reference" / f"{table}.csv")


def table_columns(form: Form, table: Table) -> tuple[Column, ...]:
    """Return the columns of a form table in raw order: those of every row, then its own."""
    return (*(every_row_columns() if table.every_row else ()), *table.columns)


def key_columns(form: Form, table: Table) -> tuple[Column, ...]:
    """Return the columns of the row key: the form's own first, then place and row kind."""
    own = tuple(column for column in table.columns if column.key)
    shared = table_columns(form, table)[: -len(table.columns)]
    return (*own, *(column for column in shared if column.key))


def row_key_from(form: Form, pairs: Mapping[str, str]) -> dict[str, str]:
    """Return the whole row key of the form's main table; what is left out gets its default.

    Raises `UsageError` for a name that is no key column, or a key that is left out and has no
    default. A blank key (of a control total) is given as '-'.
    """
    columns = key_columns(form, form.tables[0])
    names = [column.name for column in columns]
    remedy = f"The row key of {form.form_code} is {', '.join(names)}."
    unknown = sorted(set(pairs) - set(names))
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: no key column of this form.", remedy=remedy)
    key: dict[str, str] = {}
    for column in columns:
        value = pairs.get(column.name) or column.key_default
        if value is None:
            raise UsageError(f"{column.name} is missing from the row key.", remedy=remedy)
        key[column.name] = value.ljust(12, "0") if column.name == "place_code" else value
    return key


def read_forms(folder: Path) -> Mapping[str, Form]:
    """Read and check the forms of a folder laid out as this one."""
    shared = _read(folder / "every_row.yml", "columns", tuple[Column, ...])
    rules = _read(folder / "general.yml", "rules", tuple[Rule, ...])
    lists = {path.stem: read_codes(folder, path.stem) for path in folder.glob("codes/*.csv")}
    tables = {path.stem: read_rows(path) for path in folder.glob("reference/*.csv")}
    forms: dict[str, Form] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name in _SHARED_FILES:
            continue
        form = _read(path, None, Form)
        check_consistency(path.name, form, shared, rules, lists, tables)
        if form.form_code in forms:
            raise _broken(path, f"form_code {form.form_code} stands in another file too")
        forms[form.form_code] = form
    cross = _read(folder / "cross_form.yml", "rules", tuple[Rule, ...])
    check_cross_form("cross_form.yml", cross, shared, forms)
    return MappingProxyType(forms)


def read_codes(folder: Path, name: str) -> Mapping[str, Code]:
    """Read one code list of a folder laid out as this one."""
    path = folder / "codes" / f"{name}.csv"
    codes: dict[str, Code] = {}
    for row in read_rows(path):
        many = {key: tuple(row.get(key, "").split()) for key in ("row_kinds", "covers")}
        one = {key: value or None for key, value in row.items() if key not in many}
        code: Code = _validated(path, Code, {**one, **many})
        if code.code in codes:
            raise _broken(path, f"code {code.code} stands twice")
        codes[code.code] = code
    for code in codes.values():
        unknown = set(code.covers) - set(codes)
        if unknown and name != "source_group":
            raise _broken(path, f"code {code.code} covers unknown {', '.join(sorted(unknown))}")
    return MappingProxyType(codes)


def read_rows(path: Path) -> tuple[Mapping[str, str], ...]:
    """Read a csv with a heading line."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return tuple(MappingProxyType(row) for row in csv.DictReader(stream, strict=True))
    except (OSError, csv.Error) as error:
        raise _broken(path, str(error)) from error


def _read(path: Path, key: str | None, shape: type[_MODEL]) -> _MODEL:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise _broken(path, str(error)) from error
    if key is not None:
        if not isinstance(content, dict) or set(content) != {key}:
            raise _broken(path, f"it must hold `{key}:` and nothing else")
        content = content[key]
    return _validated(path, shape, content)


def _validated(path: Path, shape: type[_MODEL], content: object) -> _MODEL:
    try:
        return TypeAdapter(shape).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _broken(path, f"{place}: {first['msg']}") from error


def _broken(path: Path, problem: str) -> DefinitionError:
    return DefinitionError(
        f"{path.parent.name}/{path.name}: {problem}.", remedy="Correct the definition."
    )
