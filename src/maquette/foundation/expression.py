"""Three-valued expressions over dotted facts: the language of rules, follow-up conditions and derived facts.

Python's syntax, parsed with ``ast`` and never run: and, or, not, comparisons, ``in``, + - * /, a conditional,
``max`` and ``min``, constants and dotted names. Kleene's logic: an unknown fact makes the result unknown unless the
known facts settle it, and an unknown result names the facts that would. Arithmetic is exact (Decimal).
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Any, TypeAlias

FactValue: TypeAlias = bool | int | float | Decimal | str | tuple[str, ...]
Facts: TypeAlias = Mapping[str, FactValue]


class ExpressionError(ValueError):
    """The text is not an expression of this language, or compares things that do not compare."""


@dataclass(frozen=True, slots=True)
class Known:
    """A result that the known facts settle."""

    value: FactValue


@dataclass(frozen=True, slots=True)
class Unknown:
    """A result that they do not settle; ``needs`` holds the dotted names of the facts that are missing."""

    needs: frozenset[str]


Result: TypeAlias = Known | Unknown

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, group: item in group,
    ast.NotIn: lambda item, group: item not in group,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., Decimal]] = {"max": max, "min": min}
_DEEPEST = 60
"""Levels of nesting; what is deeper would end evaluation in an overflow of the stack."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, the facts it names, and its tree."""

    text: str
    names: frozenset[str]
    tree: ast.expr

    def evaluate(self, facts: Facts) -> Result:
        """The value under ``facts``; a fact that is absent is unknown.

        Raises:
            ExpressionError: A comparison or sum of unlike kinds.
        """
        return _evaluate(self.tree, facts)

    def holds(self, facts: Facts) -> bool | None:
        """True, False, or None when unknown."""
        result = self.evaluate(facts)
        return bool(result.value) if isinstance(result, Known) else None


def parse(text: str) -> Expression:
    """Parse ``text``; ``true`` and ``false`` are constants too.

    Raises:
        ExpressionError: Not of this language.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        names = frozenset(_names(tree))
        depth = _depth(tree)
    except SyntaxError as error:
        raise ExpressionError(f"{text!r} is not an expression: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise ExpressionError("the expression is nested too deeply") from error
    if depth > _DEEPEST:
        raise ExpressionError("the expression is nested too deeply")
    return Expression(text=text, names=names, tree=tree)


def _depth(node: ast.AST) -> int:
    return 1 + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _names(node: ast.expr) -> Iterator[str]:
    """Every dotted fact below ``node``; refuses what the language does not have."""
    match node:
        case ast.Name(id="true" | "false") | ast.Constant(value=bool() | int() | float() | str()):
            return
        case ast.Name() | ast.Attribute():
            yield _dotted(node)
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _names(part)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield from _names(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            yield from _names(left)
            yield from _names(right)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
            for part in (left, *others):
                yield from _names(part)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            for part in (test, body, orelse):
                yield from _names(part)
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in _FUNCTIONS and parts[1:]:
            for part in parts:
                yield from _names(part)
        case _:
            raise ExpressionError(f"{ast.unparse(node)!r} is not allowed in an expression")


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{_dotted(value)}.{attribute}"
    raise ExpressionError(f"{ast.unparse(node)!r} is not the name of a fact")


def _evaluate(node: ast.expr, facts: Facts) -> Result:
    match node:
        case ast.Constant(value=value):
            return Known(_exact(value))  # type: ignore[arg-type]  # `_names` admitted only these kinds
        case ast.Name(id="true" | "false"):
            return Known(node.id == "true")
        case ast.Name() | ast.Attribute():
            name = _dotted(node)
            return Known(_exact(facts[name])) if name in facts else Unknown(frozenset({name}))
        case ast.BoolOp(op=op, values=parts):
            return _bool(isinstance(op, ast.Or), parts, facts)
        case ast.IfExp():
            return _conditional(node, facts)
        case ast.Compare():
            return _compare(node, facts)
    return _strict(node, facts)


def _strict(node: ast.expr, facts: Facts) -> Result:
    """Operators that need every operand."""
    match node:
        case ast.UnaryOp(op=op, operand=operand):
            return _apply([operand], facts, lambda value: not value if isinstance(op, ast.Not) else -_number(value))
        case ast.BinOp(left=left, op=operation, right=right):
            return _apply([left, right], facts, lambda a, b: _ARITHMETIC[type(operation)](_number(a), _number(b)))
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return _apply(parts, facts, lambda *values: tuple(values))
        case ast.Call(func=ast.Name(id=name), args=parts):
            return _apply(parts, facts, lambda *values: _FUNCTIONS[name](*map(_number, values)))
    raise ExpressionError(f"{ast.unparse(node)!r} is not allowed in an expression")


def _apply(parts: list[ast.expr], facts: Facts, function: Callable[..., FactValue]) -> Result:
    results = [_evaluate(part, facts) for part in parts]
    needs = frozenset[str]().union(*(result.needs for result in results if isinstance(result, Unknown)))
    if needs:
        return Unknown(needs)
    try:
        return Known(function(*(result.value for result in results if isinstance(result, Known))))
    except (DivisionByZero, InvalidOperation):
        return Unknown(frozenset(name for part in parts for name in _names(part)))


def _bool(any_of: bool, parts: list[ast.expr], facts: Facts) -> Result:
    """Kleene's and/or: one settling part settles the whole, whatever is unknown."""
    results = [_evaluate(part, facts) for part in parts]
    if any(isinstance(result, Known) and bool(result.value) is any_of for result in results):
        return Known(any_of)
    needs = frozenset[str]().union(*(result.needs for result in results if isinstance(result, Unknown)))
    return Unknown(needs) if needs else Known(not any_of)


def _conditional(node: ast.IfExp, facts: Facts) -> Result:
    test = _evaluate(node.test, facts)
    if isinstance(test, Unknown):
        return test
    return _evaluate(node.body if test.value else node.orelse, facts)


def _compare(node: ast.Compare, facts: Facts) -> Result:
    """A chain ``a < b < c`` is the conjunction of its links."""
    operands = [node.left, *node.comparators]
    links: list[Result] = []
    for left, op, right in zip(operands, node.ops, operands[1:], strict=False):
        links.append(_apply([left, right], facts, _checked(type(op), node)))
    if any(isinstance(link, Known) and not link.value for link in links):
        return Known(False)
    needs = frozenset[str]().union(*(link.needs for link in links if isinstance(link, Unknown)))
    return Unknown(needs) if needs else Known(True)


def _checked(op: type[ast.cmpop], node: ast.Compare) -> Callable[[FactValue, FactValue], bool]:
    def compare(left: FactValue, right: FactValue) -> bool:
        try:
            return bool(_COMPARE[op](left, right))
        except TypeError as error:
            raise ExpressionError(f"{ast.unparse(node)!r} compares {left!r} with {right!r}") from error

    return compare


def _exact(value: FactValue) -> FactValue:
    """Numbers as Decimal through their shortest text, so that 0.1 is a tenth."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return Decimal(str(value))


def _number(value: FactValue) -> Decimal:
    if isinstance(value, Decimal):
        return value
    raise ExpressionError(f"{value!r} is not a number")
