"""The small language of rule expressions: what may be written, and which names it uses.

`ingest.validate.engine` evaluates these over whole columns. An expression has names (columns of
the row, `values`, `lookups` and `parameters` of its rule, `report_year`, `report_month`),
numbers, texts in quotes, `+ - * /`, comparisons, `and or not`, `a in ('1', '2')`,
`x if condition else y`, and the functions of `FUNCTIONS`. `nothing` is a blank value. A blank
operand makes the result blank.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache

FUNCTIONS: dict[str, int | None] = {
    "in_group": None,  # in_group(column, 'group', ...): its code belongs to one of the groups
    "coalesce": None,  # the first argument that is not blank
    "blank": 1,  # whether it is blank
    "absolute": 1,
    "number": 1,  # a code or text as a number
    "year": 1,
    "month": 1,
    "days_between": 2,  # days from the first date to the second
    "add_days": 2,  # a date so many days later
    "divide": 2,  # a / b; blank where b is 0
    "start": 2,  # the first so many characters of a code
    "rest": 2,  # what stands behind them
}
NOTHING = "nothing"
CONTEXT_NAMES = frozenset({NOTHING, "report_year", "report_month"})

_NODES = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.Div, ast.UnaryOp, ast.USub, ast.Not, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.Eq,
    ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Tuple, ast.IfExp,
    ast.Call,
)  # fmt: skip


class ExpressionError(ValueError):
    """An expression of a rule cannot be read."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression and the names it uses."""

    text: str
    body: ast.expr
    names: frozenset[str]

    @property
    def single_name(self) -> str | None:
        """Return the name where the expression is nothing else."""
        return self.body.id if isinstance(self.body, ast.Name) else None


@cache
def parse(text: str) -> Expression:
    """Read an expression; raise `ExpressionError` for anything outside the language."""
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"{text!r} cannot be read: {error.msg}") from error
    functions: set[int] = set()
    names: set[str] = set()
    for node in ast.walk(body):
        if not isinstance(node, _NODES):
            raise ExpressionError(f"{text!r} uses {type(node).__name__}, which rules do not have.")
        if isinstance(node, ast.Compare) and len(node.ops) != 1:
            raise ExpressionError(f"{text!r} chains comparisons; write them as separate checks.")
        if isinstance(node, ast.Constant) and not isinstance(node.value, int | float | str):
            raise ExpressionError(f"{text!r} holds the constant {node.value!r}.")
        if isinstance(node, ast.Call):
            functions.add(id(node.func))
            _check_call(text, node)
    for node in ast.walk(body):
        if isinstance(node, ast.Name) and id(node) not in functions:
            names.add(node.id)
    return Expression(text, body, frozenset(names))


def group_calls(expression: Expression) -> list[tuple[str, list[str]]]:
    """Return the column and the groups of each `in_group(...)`."""
    return [
        (node.args[0].id, [arg.value for arg in node.args[1:] if isinstance(arg, ast.Constant)])  # type: ignore[misc, attr-defined]
        for node in ast.walk(expression.body)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == "in_group"
    ]


def _check_call(text: str, node: ast.Call) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else "?"
    if name not in FUNCTIONS:
        raise ExpressionError(f"{text!r} calls {name}, which is no function of rules.")
    wanted = FUNCTIONS[name]
    if node.keywords or (wanted is not None and len(node.args) != wanted) or not node.args:
        raise ExpressionError(f"{text!r} calls {name} with the wrong number of values.")
    if name == "in_group" and not (
        isinstance(node.args[0], ast.Name)
        and all(isinstance(arg, ast.Constant) for arg in node.args[1:])
    ):
        raise ExpressionError(f"{text!r}: in_group takes a column and groups in quotes.")
