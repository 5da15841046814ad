"""Does a form's definition agree with itself, the code lists and the reference tables?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ingest.forms.expression import (
    CONTEXT_NAMES,
    Expression,
    ExpressionError,
    group_calls,
    parse,
)
from ingest.forms.model import Application, Check, Code, Column, Form, Rule, Table
from warehouse.errors import DefinitionError

EACH_NAMES = frozenset({"it", "minimum", "maximum"})
_CANONICAL = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MESSAGE_NAMES = frozenset(
    {"value", "expected", "power", "low", "high", "left", "right", "it_zh", "it_en"}
)
# A heading is matched after its unit in parentheses and its second line are cut off.
_CUT_FROM_HEADINGS = re.compile(r"[()（）\s]")

Lists = Mapping[str, Mapping[str, Code]]
Tables = Mapping[str, Sequence[Mapping[str, str]]]


def check_consistency(
    file: str,
    form: Form,
    shared: Sequence[Column],
    general: Sequence[Rule],
    lists: Lists,
    tables: Tables,
) -> None:
    """Raise `DefinitionError` naming file and place where the form contradicts itself."""
    problems = [
        *_column_problems(form, shared, lists),
        *_rule_problems(form, shared, general, lists, tables),
    ]
    if problems:
        raise DefinitionError(f"{file}: {problems[0]}.", remedy="Correct the definition.")


def check_cross_form(
    file: str, rules: Sequence[Rule], shared: Sequence[Column], forms: Mapping[str, Form]
) -> None:
    """Raise `DefinitionError` where a rule evaluated in core names an unknown form or column."""
    shared_names = {"it", *(column.name for column in shared)}
    for rule in rules:
        form = forms.get(str(rule.parameters.get("form", "")))
        if "form" in rule.parameters and form is None:
            problem = f"unknown form {rule.parameters['form']}"
        elif rule.evaluated != "core":
            problem = "it is evaluated in core"
        else:
            own = {c.name for table in form.tables for c in table.columns} if form else set()
            named = {"column": rule.column} | {
                name: str(value)
                for name, value in rule.parameters.items()
                if name.endswith("_column")
            }
            unknown = {
                f"{place} {name}" for place, name in named.items() if name not in shared_names | own
            }
            if not unknown:
                continue
            problem = f"unknown {', '.join(sorted(unknown))}"
        raise DefinitionError(
            f"{file}: rule {rule.id}: {problem}.", remedy="Correct the definition."
        )


def bind(rule: Rule, application: Application) -> Rule:
    """Return a shared rule with the names it leaves open bound to expressions of a form."""
    column = application.names.get(rule.column, rule.column)
    return rule.model_copy(update={"column": column, "bindings": application.names})


def _column_problems(form: Form, shared: Sequence[Column], lists: Lists) -> Iterator[str]:
    for table in form.tables:
        columns = [*shared, *table.columns]
        yield from _repeated(table, "column", (column.name for column in columns))
        yield from _repeated(
            table, "heading", (text for column in columns for text in headings_of(column))
        )
        for column in columns:
            place = f"table {table.name}, column {column.name}"
            if not _CANONICAL.fullmatch(column.name):
                yield f"{place}: the name is not canonical (small letters, digits, _)"
            for text in headings_of(column):
                if _CUT_FROM_HEADINGS.search(text):
                    yield f"{place}: heading {text!r} holds a space or a parenthesis"
            yield from _code_problems(place, column, lists)
    own = {column.name for table in form.tables for column in table.columns}
    for name in form.growth_measures:
        if name not in own:
            yield f"growth_measures: unknown column {name}"


def headings_of(column: Column) -> list[str]:
    """Return every Chinese wording of a column's heading."""
    return [column.zh, *(heading.text for heading in column.headings)]


def _repeated(table: Table, what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"table {table.name}: {what} {name} stands {count} times"


def _code_problems(place: str, column: Column, lists: Lists) -> Iterator[str]:
    if column.type == "code" and column.codes is None:
        yield f"{place}: a code column names its code list"
    if column.codes is None:
        return
    if column.codes not in lists:
        yield f"{place}: unknown code list {column.codes}"
        return
    unknown = set(column.only_codes) - set(lists[column.codes])
    if unknown:
        yield f"{place}: only_codes holds {', '.join(sorted(unknown))}, unknown to {column.codes}"


def _rule_problems(
    form: Form, shared: Sequence[Column], general: Sequence[Rule], lists: Lists, tables: Tables
) -> Iterator[str]:
    prefix = form.form_code.replace("-", "") + "-"
    columns = {c.name: c for table in form.tables for c in (*shared, *table.columns)}
    counted = Counter((rule.id, rule.part) for rule in form.rules)
    for (check_id, part), count in counted.items():
        if count > 1:
            yield f"rule {check_id} {part}: stands {count} times; give each part its own name"
        if not check_id.startswith(prefix):
            yield f"rule {check_id}: its id does not begin with {prefix}"
    open_rules = {rule.id: rule for rule in general if rule.open_names}
    for rule in (rule for rule in general if not rule.open_names and rule.checks):
        yield from _one_rule(rule, columns, lists, tables)
    for application in form.applies:
        if application.rule not in open_rules:
            yield f"applies: {application.rule} is no shared rule with open names"
            continue
        rule = open_rules[application.rule]
        if set(application.names) != set(rule.open_names):
            yield f"applies {rule.id}: bind exactly {', '.join(rule.open_names)}"
            continue
        yield from _one_rule(bind(rule, application), columns, lists, tables)
    for rule in form.rules:
        yield from _one_rule(rule, columns, lists, tables)


def _one_rule(
    rule: Rule, columns: Mapping[str, Column], lists: Lists, tables: Tables
) -> Iterator[str]:
    place = f"rule {rule.id} {rule.part}".rstrip()
    if rule.column not in columns and not (rule.each and rule.column == "it"):
        yield f"{place}: unknown column {rule.column}"
    for check in rule.checks:
        if check.column is not None and check.column not in columns:
            yield f"{place}: unknown column {check.column}"
        yield from _operands(place, check)
    known = {*columns, *CONTEXT_NAMES, *rule.parameters, *(EACH_NAMES if rule.each else ())}
    for where, text in expressions_of(rule):
        if not where.startswith(("lookup ", "bindings ")):
            known.update(lookup.name for lookup in rule.lookups)
        try:
            expression = parse(text)
        except ExpressionError as error:
            yield f"{place}, {where}: {error}"
            continue
        for name in sorted(expression.names - known):
            yield f"{place}, {where}: unknown column or name {name}"
        yield from _group_problems(f"{place}, {where}", expression, columns, lists)
        if where.startswith(("values ", "bindings ")):
            known.add(where.split()[1])
    for lookup in rule.lookups:
        fields = set(tables[lookup.table][0]) if tables.get(lookup.table) else set()
        for field in {lookup.take, *lookup.match} - fields:
            yield f"{place}, lookup {lookup.name}: {lookup.table} has no column {field}"
    for name in _PLACEHOLDER.findall(rule.message.zh + rule.message.en):
        if name not in known | _MESSAGE_NAMES:
            yield f"{place}, message: unknown placeholder {{{name}}}"


def _operands(place: str, check: Check) -> Iterator[str]:
    given = {name for name in ("expected", "low", "high") if getattr(check, name) is not None}
    wanted = {"between": {"low", "high"}, "filled": set()}.get(check.op, {"expected"})
    if given != wanted:
        yield f"{place}: check {check.op} takes {', '.join(sorted(wanted)) or 'value alone'}"


def expressions_of(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield place and text of every expression of a rule, in the order of evaluation."""
    for name, text in rule.bindings.items():
        yield f"bindings {name}", text
    for lookup in rule.lookups:
        for field, text in lookup.match.items():
            yield f"lookup {lookup.name} match {field}", text
        if lookup.year is not None:
            yield f"lookup {lookup.name} year", lookup.year
    for name, text in rule.values.items():
        yield f"values {name}", text
    if rule.when is not None:
        yield "when", rule.when
    for check in rule.checks:
        for part in ("value", "expected", "low", "high"):
            text = getattr(check, part)
            if text is not None:
                yield f"check {part}", text


def _group_problems(
    place: str, expression: Expression, columns: Mapping[str, Column], lists: Lists
) -> Iterator[str]:
    for name, groups in group_calls(expression):
        codes = lists.get((columns[name].codes or "") if name in columns else "", {})
        unknown = set(groups) - {code.group for code in codes.values()}
        if unknown:
            yield f"{place}: {name} has no group {', '.join(sorted(unknown))}"
