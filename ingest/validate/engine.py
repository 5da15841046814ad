"""Evaluates rule expressions over all rows at once; a blank operand makes the result blank.

A value is a numpy array with one element for each row, or a scalar for all rows; `None` is a
blank scalar. Numbers are float64 (NaN blank), texts are objects (None blank), dates are
datetime64 (NaT blank). Truth is a number too: 1, 0 or blank, with three-valued logic.
Plain arrays, because most returns have few rows and a pandas operation costs 50 of these.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.forms.expression import NOTHING, Expression

Array = npt.NDArray[Any]
Value = Any  # an Array, a scalar or None
GroupCodes = Callable[[str, tuple[str, ...]], frozenset[str]]

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def array_of(column: pd.Series[Any]) -> Array:
    """Return a column of a parsed table as the engine wants it."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.to_numpy()
    if pd.api.types.is_numeric_dtype(column.dtype):  # truth values too
        return column.to_numpy(dtype="float64", na_value=np.nan)
    values = column.to_numpy(dtype=object, copy=True)
    values[pd.isna(values)] = None
    return values


class Rows:
    """The rows a rule looks at, with the names its expressions may use."""

    def __init__(self, length: int, names: dict[str, Value], group_codes: GroupCodes) -> None:
        self.length = length
        self.names: dict[str, Value] = {NOTHING: None, **names}
        self._group_codes = group_codes

    def evaluate(self, expression: Expression) -> Value:
        """Return the values of an expression, one for each row (or one for all)."""
        return self._value(expression.body)

    def array(self, value: Value) -> Array:
        """Return a value as an array over all rows."""
        if isinstance(value, np.ndarray):
            return value
        if value is None:
            return np.full(self.length, np.nan)
        if isinstance(value, str):
            return np.full(self.length, value, dtype=object)
        return np.full(self.length, value, dtype="float64")

    def blank(self, value: Value) -> npt.NDArray[np.bool_]:
        """Return where a value is blank."""
        if isinstance(value, np.ndarray):
            return np.asarray(pd.isna(value), dtype=bool)
        return np.full(self.length, value is None)

    def compare(self, compare: Callable[[Any, Any], Any], left: Value, right: Value) -> Array:
        """Return a comparison as truth, blank where an operand is."""
        filled = ~(self.blank(left) | self.blank(right))
        result = np.full(self.length, np.nan)
        if filled.any():
            result[filled] = compare(self.array(left)[filled], self.array(right)[filled])
        return result

    def _value(self, node: ast.AST) -> Value:
        # The parser lets only these kinds of nodes through.
        return getattr(self, f"_{type(node).__name__.lower()}")(node)

    def _constant(self, node: ast.Constant) -> Value:
        return node.value

    def _name(self, node: ast.Name) -> Value:
        return self.names[node.id]

    def _binop(self, node: ast.BinOp) -> Value:
        left, right = self._value(node.left), self._value(node.right)
        if isinstance(node.op, ast.Div):
            return self._call_divide(left, right)
        if left is None or right is None:
            return None
        return _ARITHMETIC[type(node.op)](left, right)

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        inner = self._value(node.operand)
        if inner is None:
            return None
        return 1 - inner if isinstance(node.op, ast.Not) else -inner

    def _boolop(self, node: ast.BoolOp) -> Value:
        # "and" is the least of its parts and "or" the greatest; one part can decide alone.
        decided, join = (0, np.minimum) if isinstance(node.op, ast.And) else (1, np.maximum)

        def joined(left: Array, right: Array) -> Array:
            either = (left == decided) | (right == decided)
            return np.where(either, float(decided), join(left, right))

        return reduce(joined, (self.array(self._value(part)) for part in node.values))

    def _compare(self, node: ast.Compare) -> Value:
        left, op, right = self._value(node.left), node.ops[0], node.comparators[0]
        if isinstance(op, ast.In | ast.NotIn):
            choices = [self._value(part) for part in getattr(right, "elts", [right])]
            member = self._member(left, choices)
            return 1 - member if isinstance(op, ast.NotIn) else member
        return self.compare(_COMPARISON[type(op)], left, self._value(right))

    def _ifexp(self, node: ast.IfExp) -> Value:
        condition = self.array(self._value(node.test))
        chosen, other = self._alike(self._value(node.body), self._value(node.orelse))
        return self._blanked(np.where(condition == 1, chosen, other), np.isnan(condition))

    def _call(self, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "in_group":
            column = ast.unparse(node.args[0])
            groups = tuple(str(a.value) for a in node.args[1:] if isinstance(a, ast.Constant))
            return self._member(self.names[column], self._group_codes(column, groups))
        return getattr(self, f"_call_{name}")(*(self._value(part) for part in node.args))

    def _call_coalesce(self, first: Value, *others: Value) -> Value:
        result = first
        for other in others:
            filled, fallback = self._alike(result, other)
            result = np.where(self.blank(result), fallback, filled)
        return result

    def _call_blank(self, value: Value) -> Value:
        return self.blank(value).astype("float64")

    def _call_divide(self, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        divisor = self.array(right)
        return left / np.where(divisor == 0, np.nan, divisor)

    def _call_absolute(self, value: Value) -> Value:
        return np.abs(self.array(value))

    def _call_number(self, value: Value) -> Value:
        return np.asarray(pd.to_numeric(self.array(value), errors="coerce"), dtype="float64")

    def _call_year(self, day: Value) -> Value:
        return pd.DatetimeIndex(self.array(day)).year.to_numpy(dtype="float64")

    def _call_month(self, day: Value) -> Value:
        return pd.DatetimeIndex(self.array(day)).month.to_numpy(dtype="float64")

    def _call_days_between(self, start: Value, end: Value) -> Value:
        return (self.array(end) - self.array(start)) / np.timedelta64(1, "D")

    def _call_add_days(self, day: Value, days: Value) -> Value:
        return self.array(day) + np.asarray(pd.to_timedelta(self.array(days), unit="D"))

    def _call_start(self, text: Value, length: Value) -> Value:
        return self._cut(text, slice(int(length)))

    def _call_rest(self, text: Value, length: Value) -> Value:
        return self._cut(text, slice(int(length), None))

    def _cut(self, text: Value, part: slice) -> Array:
        blanks = zip(self.array(text), self.blank(text), strict=True)
        return np.array(
            [None if blank else str(code)[part] for code, blank in blanks], dtype=object
        )

    def _member(self, value: Value, choices: Any) -> Array:
        values = self.array(value)
        found = np.zeros(self.length)
        for choice in choices:
            found[values == choice] = 1
        return self._blanked(found, self.blank(value))

    def _alike(self, left: Value, right: Value) -> tuple[Array, Array]:
        """Return both as arrays; a blank scalar becomes a blank of the other's type."""
        if left is None or right is None:
            other = self.array(left if right is None else right)
            blank = self._blanked(other.copy(), np.full(self.length, True))
            return (blank, other) if left is None else (other, blank)
        return self.array(left), self.array(right)

    @staticmethod
    def _blanked(values: Array, where: npt.NDArray[np.bool_]) -> Array:
        blank: Any = None if values.dtype == object else np.nan
        values[where] = np.datetime64("NaT") if values.dtype.kind == "M" else blank
        return values
