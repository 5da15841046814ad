"""Evaluates rule expressions over all rows at once; a blank operand makes the result blank.

Numbers are float64 (NaN blank), texts str, dates datetime64, truth values pandas `boolean` with
three-valued logic. A constant stays a scalar; `None` is a blank one.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ingest.forms.expression import NOTHING, Expression

Value = Any  # a pandas Series over the rows, or a scalar
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


class Rows:
    """The rows a rule looks at, with the names its expressions may use."""

    def __init__(self, index: pd.Index[Any], group_codes: GroupCodes) -> None:
        self.index = index
        self.names: dict[str, Value] = {NOTHING: None}
        self._group_codes = group_codes

    def evaluate(self, expression: Expression) -> Value:
        """Return the values of an expression, one for each row (or one for all)."""
        return self._value(expression.body)

    def series(self, value: Value) -> pd.Series[Any]:
        """Return a value as a Series over all rows."""
        if isinstance(value, pd.Series):
            return value
        if value is None:
            return pd.Series(np.nan, index=self.index, dtype="float64")
        return pd.Series(value, index=self.index)

    def is_blank(self, value: Value) -> pd.Series[bool]:
        """Return where a value is blank."""
        return self.series(value).isna()

    def compare(self, compare: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
        """Return a comparison as `boolean`, blank where an operand is."""
        blank = self.is_blank(left) | self.is_blank(right)
        if left is None or right is None or bool(blank.all()):
            return pd.Series(pd.NA, index=self.index, dtype="boolean")
        result = self.series(compare(left, right)).astype("boolean")
        return result.mask(blank)

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.names[node.id]
            case ast.BinOp():
                return self._arithmetic(node.op, self._value(node.left), self._value(node.right))
            case ast.UnaryOp():
                inner = self._value(node.operand)
                if isinstance(node.op, ast.Not):
                    return ~self._truth(inner)
                return None if inner is None else -inner
            case ast.BoolOp():
                join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
                result = self._truth(self._value(node.values[0]))
                for part in node.values[1:]:
                    result = join(result, self._truth(self._value(part)))
                return result
            case ast.Compare():
                return self._compared(node)
            case ast.IfExp():
                return self._choose(node)
            case ast.Call():
                return self._called(node)
        raise AssertionError(f"the parser lets no {type(node).__name__} through")

    def _arithmetic(self, op: ast.operator, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if isinstance(op, ast.Div):
            return self._divided(left, right)
        return _ARITHMETIC[type(op)](left, right)

    def _divided(self, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        denominator = self.series(right).astype("float64")
        return self.series(left).astype("float64") / denominator.mask(denominator == 0)

    def _compared(self, node: ast.Compare) -> Value:
        left, op, right = self._value(node.left), node.ops[0], node.comparators[0]
        if isinstance(op, ast.In | ast.NotIn):
            choices = [self._value(part) for part in getattr(right, "elts", [right])]
            result = self.series(left).isin(choices).astype("boolean").mask(self.is_blank(left))
            return ~result if isinstance(op, ast.NotIn) else result
        return self.compare(_COMPARISON[type(op)], left, self._value(right))

    def _choose(self, node: ast.IfExp) -> Value:
        condition = self._truth(self._value(node.test))
        chosen = self.series(self._value(node.body))
        other = self.series(self._value(node.orelse))
        if chosen.isna().all():
            chosen = chosen.astype(other.dtype)
        return chosen.where(condition.fillna(False).astype(bool), other).mask(condition.isna())

    def _called(self, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "in_group":
            return self._in_group(node)
        arguments = [self._value(argument) for argument in node.args]
        if name == "coalesce":
            return self._coalesce(arguments)
        if name == "blank":
            return self.is_blank(arguments[0]).astype("boolean")
        if name == "divide":
            return self._divided(*arguments)
        if any(argument is None for argument in arguments):
            return None
        first = self.series(arguments[0])
        if name == "absolute":
            return first.abs()
        if name == "number":
            return pd.to_numeric(first, errors="coerce").astype("float64")
        if name == "year":
            return first.dt.year.astype("float64")
        if name == "month":
            return first.dt.month.astype("float64")
        if name == "days_between":
            return (self.series(arguments[1]) - first).dt.days.astype("float64")
        return first + pd.to_timedelta(arguments[1], unit="D")  # add_days

    def _in_group(self, node: ast.Call) -> Value:
        column = ast.unparse(node.args[0])
        groups = tuple(arg.value for arg in node.args[1:] if isinstance(arg, ast.Constant))
        values = self.series(self.names[column])
        return (
            values.isin(self._group_codes(column, groups)).astype("boolean").mask(values.isna())
        )

    def _coalesce(self, arguments: list[Value]) -> Value:
        result = self.series(arguments[0])
        for argument in arguments[1:]:
            other = self.series(argument)
            result = other if result.isna().all() else result.where(result.notna(), other)
        return result

    def _truth(self, value: Value) -> pd.Series[Any]:
        return self.series(value).astype("boolean")
