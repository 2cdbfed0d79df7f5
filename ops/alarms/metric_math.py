"""Metric math at one moment ("Using math expressions with CloudWatch metrics", CloudWatch).

What an alarm may safely use: arithmetic, comparisons, AND, OR, IF, and FILL with a number. Each
works on the values of one moment alone, so a series is here its value then, or None where it has
none.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class UnknownExpressionError(ValueError):
    """Not one of the few forms that are modelled here."""


@dataclass(frozen=True, slots=True)
class _Value:
    """Of a series or of a number; only a series can have none."""

    value: float | None
    is_number: bool = False


def evaluate(expression: str, metrics: Mapping[str, float | None]) -> float | None:
    """The expression's value, or None where it has no datapoint. Raises UnknownExpressionError."""
    return _evaluate(_parsed(expression), metrics).value


@lru_cache
def _parsed(expression: str) -> ast.expr:
    words = re.sub(r"\b(AND|OR)\b", lambda found: found[0].lower(), expression)
    return ast.parse(words, mode="eval").body


def _evaluate(node: ast.expr, metrics: Mapping[str, float | None]) -> _Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return _Value(float(number), is_number=True)
        case ast.Name(id=name) if name in metrics:
            return _Value(metrics[name])
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            pair = _evaluate(left, metrics), _evaluate(right, metrics)
            return _pointwise(_ARITHMETIC[type(op)], *pair)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            pair = _evaluate(left, metrics), _evaluate(right, metrics)
            return _pointwise(_COMPARISONS[type(op)], *pair)
        case ast.BoolOp(op=op, values=values):
            each = [_evaluate(value, metrics) for value in values]
            both = isinstance(op, ast.And)
            return reduce(lambda one, other: _pointwise(_logical(both), one, other), each)
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            return _if(*(_evaluate(each, metrics) for each in (condition, then, otherwise)))
        case ast.Call(
            func=ast.Name("FILL"),
            args=[ast.Name(id=name), ast.Constant(value=int() | float() as filler)],
        ) if name in metrics:
            value = metrics[name]
            return _Value(float(filler) if value is None else value)
    raise UnknownExpressionError(ast.unparse(node))


def _logical(both: bool) -> Callable[[float, float], bool]:
    return lambda one, other: bool(one and other) if both else bool(one or other)


def _pointwise(work: Callable[[float, float], float], one: _Value, other: _Value) -> _Value:
    """A series that has no value counts as 0 beside one that has; beside a number it has none."""
    series = [each.value for each in (one, other) if not each.is_number]
    if series and all(value is None for value in series):
        return _Value(None)
    try:
        return _Value(float(work(one.value or 0.0, other.value or 0.0)), is_number=not series)
    except ZeroDivisionError:
        return _Value(None)  # "the data point is dropped"


def _if(condition: _Value, then: _Value, otherwise: _Value) -> _Value:
    """Dropped where the condition has no value, or is false and the last argument has none."""
    if condition.value is None:
        return _Value(None)
    if condition.value:
        return _Value(then.value or 0.0)
    return _Value(otherwise.value)
