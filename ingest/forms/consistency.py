"""Does a form's definition agree with itself, the code lists and the reference tables?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from ingest.forms.expression import (
    CONTEXT_NAMES,
    Expression,
    ExpressionError,
    group_calls,
    parse,
)
from ingest.forms.model import Application, Check, Code, Column, Form, Heading, Rule, Table
from warehouse.errors import DefinitionError
from warehouse.month import Month

EACH_NAMES = frozenset({"it", "minimum", "maximum"})
_CANONICAL = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MESSAGE_NAMES = frozenset(
    {"value", "expected", "power", "low", "high", "left", "right", "it_zh", "it_en"}
)
# A heading is matched after its unit in parentheses and its second line are cut off.
_CUT_FROM_HEADINGS = re.compile(r"[()（）\s]")

_EVER, _NO_END = "", "9999-12"  # months are compared as text

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
        if rule.forms - set(forms):
            problem = f"unknown form {', '.join(sorted(rule.forms - set(forms)))}"
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
        columns = [*(shared if table.every_row else ()), *table.columns]
        yield from _repeated(table, "column", (column.name for column in columns))
        yield from _ambiguous_headings(table, columns)
        for column in columns:
            place = f"table {table.name}, column {column.name}"
            if not _CANONICAL.fullmatch(column.name):
                yield f"{place}: the name is not canonical (small letters, digits, _)"
            if column.basis == "M" and not column.name.endswith("_m"):
                yield f"{place}: the name of an in-month column ends in _m"
            yield from _heading_problems(place, column)
            yield from _code_problems(place, column, lists)
    yield from _form_problems(form, {c.name: c for c in (*shared, *form.tables[0].columns)})


def _form_problems(form: Form, main: Mapping[str, Column]) -> Iterator[str]:
    for name in form.growth_measures:
        if name not in main:
            yield f"growth_measures: unknown column {name}"
    if form.identity is not None and not (form.identity in main and main[form.identity].key):
        yield f"identity: {form.identity} is no key column of the main table"
    for flow in form.stock_flows:
        for name in (flow.stock, *flow.inflows, *flow.outflows, *flow.advanced):
            if name not in main or not main[name].is_number:
                yield f"stock_flows: {name} is no number of the main table"
    if form.lists is not None:
        closed = form.lists.closed
        named = (
            form.lists.code,
            form.lists.name,
            *((closed.column, closed.date) if closed else ()),
        )
        for name in named:
            if name is not None and name not in main:
                yield f"lists: unknown column {name}"
    if not form.tables[0].every_row:
        yield f"table {form.tables[0].name}: the main table has the columns of every row"


def _ambiguous_headings(table: Table, columns: Sequence[Column]) -> Iterator[str]:
    """A heading names one column in any month; a later column may take over its wording."""
    spans: dict[str, list[tuple[str, str]]] = {}
    for column in columns:
        wordings = [
            Heading(text=column.zh, since=column.zh_since),
            *column.headings,
        ]
        for wording in wordings:
            first = max(wording.since or _EVER, column.since or _EVER)
            last = min(wording.until or _NO_END, column.until or _NO_END)
            spans.setdefault(wording.text, []).append((first, last))
    for text, periods in spans.items():
        ordered = sorted(periods)
        if any(earlier[1] >= later[0] for earlier, later in pairwise(ordered)):
            yield f"table {table.name}: heading {text} stands {len(periods)} times"


def _heading_problems(place: str, column: Column) -> Iterator[str]:
    for text in headings_of(column):
        if _CUT_FROM_HEADINGS.search(text):
            yield f"{place}: heading {text!r} holds a space or a parenthesis"
    if column.zh_since is None:
        return
    before = str(Month.parse(column.zh_since).shift(-1))
    if before not in {heading.until for heading in column.headings}:
        yield f"{place}: zh_since {column.zh_since}, but no older heading has until {before}"


def headings_of(column: Column) -> list[str]:
    """Return every Chinese wording of a column's heading."""
    return [column.zh, *(heading.text for heading in column.headings)]


def _repeated(table: Table, what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"table {table.name}: {what} {name} stands {count} times"


def _code_problems(place: str, column: Column, lists: Lists) -> Iterator[str]:
    if column.choices is not None and column.length is None:
        yield f"{place}: a column with choices says how long its codes are"
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
    by_table = {
        table.name: {c.name: c for c in (*(shared if table.every_row else ()), *table.columns)}
        for table in form.tables
    }
    columns = by_table[form.tables[0].name]
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
        if rule.table is not None and rule.table not in by_table:
            yield f"rule {rule.id}: unknown table {rule.table}"
            continue
        yield from _one_rule(rule, by_table.get(rule.table or "", columns), lists, tables)


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
    yield from _lookup_problems(place, rule, tables)
    if rule.evaluated == "ingest":  # else the finding model fills the placeholders
        named = set(_PLACEHOLDER.findall(rule.message.zh + rule.message.en))
        for name in sorted(named - known - _MESSAGE_NAMES):
            yield f"{place}, message: unknown placeholder {{{name}}}"


def _lookup_problems(place: str, rule: Rule, tables: Tables) -> Iterator[str]:
    for lookup in rule.lookups:
        fields = set(tables[lookup.table][0]) if tables.get(lookup.table) else set()
        for field in {lookup.take, *lookup.match} - fields:
            yield f"{place}, lookup {lookup.name}: {lookup.table} has no column {field}"


def _operands(place: str, check: Check) -> Iterator[str]:
    given = {name for name in ("expected", "low", "high") if getattr(check, name) is not None}
    none: set[str] = set()
    wanted = {"between": {"low", "high"}, "filled": none, "blank": none}.get(check.op, {"expected"})
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
