"""Evaluates the rules of a form, and the shared ones, that one row of one file suffices for."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.forms.catalogue import code_list, general_rules
from ingest.forms.consistency import EACH_NAMES, bind, expressions_of
from ingest.forms.expression import CONTEXT_NAMES, parse
from ingest.forms.model import Check, Column, Form, Rule
from ingest.parsed import ParsedTable
from ingest.validate.cells import MarksByColumn, add_not_collected, marks_by_column
from ingest.validate.engine import Array, Rows, Value, array_of
from ingest.validate.findings import TableFindings
from ingest.validate.lookups import look_up
from ingest.validate.wording import plain, power_of_ten, power_phrase_en, power_phrase_zh
from warehouse.month import Month

# What float64 loses in adding a few amounts of money: far below a cent, never a real difference.
_ABSOLUTE_DUST = 1e-6
_RELATIVE_DUST = 4e-15
_EXACT = {"==": operator.eq, "<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Outcome:
    """One check over all rows: where it fails, and what it compared."""

    check: Check
    fails: npt.NDArray[np.bool_]
    operands: dict[str, Value]


def apply_rules(form: Form, parsed: ParsedTable, month: Month, findings: TableFindings) -> None:
    """Add the findings of all rules of the form that are evaluated at ingest."""

    def group_codes(column: str, groups: tuple[str, ...]) -> frozenset[str]:
        codes = code_list(findings.columns[column].codes or "").values()
        return frozenset(code.code for code in codes if code.group in groups)

    @cache
    def rows_of(kinds: tuple[int, ...]) -> tuple[npt.NDArray[np.int64], dict[str, Value]]:
        chosen = parsed.frame
        if "row_kind" in chosen:  # the rows of a sub-table have no kinds
            chosen = chosen[chosen["row_kind"].isin([str(kind) for kind in kinds])]
        names: dict[str, Value] = {name: array_of(chosen[name]) for name in chosen.columns}
        names |= {"report_year": month.year, "report_month": month.number}
        return chosen.index.to_numpy(), names

    marks = marks_by_column(parsed)
    for rule, each in _rules_of(form, parsed.table_name, findings):
        row_nos, names = rows_of(rule.row_kinds)
        if len(row_nos) == 0 or (each and pd.isna(names[each.name]).all()):
            continue
        rows = Rows(len(row_nos), names | _own_names(rule, each, names), group_codes)
        for name, text in rule.bindings.items():
            rows.names[name] = rows.evaluate(parse(text))
        for lookup in rule.lookups:
            rows.names[lookup.name] = look_up(lookup, rows)
        for name, text in rule.values.items():
            rows.names[name] = rows.evaluate(parse(text))
        _apply(rule, each, rows, row_nos, marks, findings)


def _rules_of(
    form: Form, table_name: str, findings: TableFindings
) -> Iterator[tuple[Rule, Column | None]]:
    main = form.tables[0].name
    for rule in form.rules:
        if rule.evaluated == "ingest" and (rule.table or main) == table_name:
            yield rule, None
    if table_name == main:
        shared = {rule.id: rule for rule in general_rules() if rule.open_names}
        for application in form.applies:
            yield bind(shared[application.rule], application), None
    for rule in general_rules():
        if rule.each is None or not rule.checks or not _names_known(rule, findings):
            continue
        for column in findings.columns.values():
            fits = column.basis in rule.each.bases and column.type in rule.each.types
            if fits and not column.reversible:
                yield rule, column


def _names_known(rule: Rule, findings: TableFindings) -> bool:
    """Return whether a table has the columns a shared rule names; a sub-table may lack some."""
    known = {*findings.columns, *CONTEXT_NAMES, *EACH_NAMES, *rule.parameters}
    return all(parse(text).names <= known for _, text in expressions_of(rule))


def _own_names(rule: Rule, each: Column | None, names: Mapping[str, Value]) -> dict[str, Value]:
    own: dict[str, Value] = dict(rule.parameters)
    if each is not None:
        own |= {"it": names[each.name], "minimum": each.minimum, "maximum": each.maximum}
    return own


def _apply(
    rule: Rule,
    each: Column | None,
    rows: Rows,
    row_nos: npt.NDArray[np.int64],
    marks: MarksByColumn,
    findings: TableFindings,
) -> None:
    outcomes = [_outcome(check, rows) for check in rule.checks]
    first = np.full(rows.length, -1)
    for position, outcome in reversed(list(enumerate(outcomes))):
        first[outcome.fails] = position
    if rule.when is not None and (first >= 0).any():
        first[rows.array(rows.evaluate(parse(rule.when))) != 1] = -1
    for place in np.flatnonzero(first >= 0):
        outcome = outcomes[first[place]]
        row_no = int(row_nos[place])
        if outcome.check.op == "filled" and _is_explained(
            outcome.check.value, row_no, marks, findings
        ):
            continue
        column = outcome.check.column or (each.name if each else rule.column)
        _add(rule, column, outcome, rows, (int(place), row_no), findings)


def _is_explained(column: str, row_no: int, marks: MarksByColumn, findings: TableFindings) -> bool:
    """Return whether a cell a rule wants filled says why it is not; note it as such."""
    mark = marks.get(column, {}).get(row_no)
    if mark is None or mark.status != "L":
        return False
    add_not_collected(findings, row_no, column, mark)
    return True


def _outcome(check: Check, rows: Rows) -> Outcome:
    operands = {
        part: rows.evaluate(parse(text))
        for part in ("value", "expected", "low", "high")
        if (text := getattr(check, part)) is not None
    }
    value = operands["value"]
    if check.op in ("filled", "blank"):
        blank = rows.blank(value)
        return Outcome(check, blank if check.op == "filled" else ~blank, operands)
    if check.op == "between":
        low = _holds(check, ">=", value, operands["low"], rows)
        fails = (low == 0) | (_holds(check, "<=", value, operands["high"], rows) == 0)
        fails &= ~(rows.blank(operands["low"]) | rows.blank(operands["high"]))
    else:
        fails = _holds(check, check.op, value, operands["expected"], rows) == 0
    return Outcome(check, fails, operands)


def _holds(check: Check, op: str, value: Value, limit: Value, rows: Rows) -> Array:
    """Return where the comparison holds (1), fails (0) or an operand is blank (NaN)."""
    left, right = rows.array(value), rows.array(limit)
    if left.dtype.kind != "f" or right.dtype.kind != "f":
        return rows.compare(_EXACT[op], left, right)
    slack = check.tolerance + check.tolerance_pct / 100 * np.abs(right)
    slack = slack + _ABSOLUTE_DUST + _RELATIVE_DUST * np.maximum(np.abs(left), np.abs(right))
    difference = left - right
    if op == "==":
        return rows.compare(operator.le, np.abs(difference), slack)
    return rows.compare(operator.le, difference if op == "<=" else -difference, slack)


def _add(
    rule: Rule,
    column: str,
    outcome: Outcome,
    rows: Rows,
    where: tuple[int, int],
    findings: TableFindings,
) -> None:
    place, row_no = where
    operands = {name: _at(value, place) for name, value in outcome.operands.items()}
    words = {
        name: operands[name] if name in operands else _at(rows.names.get(name), place)
        for name in _placeholders(rule)
    }
    power = None
    if rule.magnitude and "expected" in operands:
        power = power_of_ten(operands["value"], operands["expected"])
    sides = {"left": outcome.check.value, "right": outcome.check.expected or ""}
    headings = [findings.columns.get(_first_name(text)) for text in sides.values()]
    findings.add(
        rule,
        row_no,
        column,
        words=words,
        words_zh={"power": power_phrase_zh(power)}
        | {side: c.zh for side, c in zip(sides, headings, strict=True) if c},
        words_en={"power": power_phrase_en(power)}
        | {side: c.en for side, c in zip(sides, headings, strict=True) if c},
        expected=_expected(operands),
    )


def _expected(operands: dict[str, Any]) -> str | None:
    if "low" in operands:
        return f"{plain(operands['low'])}..{plain(operands['high'])}"
    return plain(operands.get("expected"))


def _at(value: Value, place: int) -> Any:
    return value[place] if isinstance(value, np.ndarray) else value


def _placeholders(rule: Rule) -> set[str]:
    sentences = rule.message.zh + rule.message.en
    return {name for _, name, _, _ in Formatter().parse(sentences) if name}


def _first_name(text: str) -> str:
    return parse(text).single_name or "" if text else ""
