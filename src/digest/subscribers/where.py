"""``where``: which subscribers an audience selects, as a small expression over their fields.

``country == "DE" and plan in ("pro", "team") and not (city == "Bonn")``. A field on its own is true if it is
not empty, and ``"vip" in tags`` looks for a text inside a field. Nothing is evaluated as Python: the expression is
parsed, and every node that is not handled here is refused.
"""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING

from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from digest.models import Subscriber

    Value = str | tuple[str, ...]
    Evaluate = Callable[[Subscriber], Value | bool]

__all__ = ["compile_where"]

_LONGEST = 2000
_EXAMPLE = 'Compare fields with text: country == "DE" and plan in ("pro", "team")'


def compile_where(expression: str, *, audience: str, columns: Collection[str]) -> Callable[[Subscriber], bool]:
    """Compile an expression to a predicate. An empty expression selects everybody.

    Args:
        columns: The headers of the audience's lists, so that a misspelt field is an error instead of an empty
            audience. Case does not matter, and a space in a header is written as an underscore.

    Raises:
        ConfigError: It is not a valid expression. The message names ``audiences.NAME.where``.
    """
    if not expression.strip():
        return lambda _: True
    compiler = _Compiler(f"audiences.{audience}.where", columns)
    try:
        if len(expression) > _LONGEST:
            raise ValueError("too long")  # noqa: TRY301 - joins the parser's own refusals
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConfigError(f"{compiler.key} is not a valid expression: {expression!r}", hint=_EXAMPLE) from None
    evaluate = compiler.condition(tree.body)
    return lambda person: bool(evaluate(person))


class _Compiler:
    def __init__(self, key: str, columns: Collection[str]) -> None:
        self.key = key
        self._columns: dict[str, list[str]] = {}  # lists may write one column in several ways
        for column in columns:
            if column:
                self._columns.setdefault(_identifier(column), []).append(column)

    def condition(self, node: ast.expr) -> Evaluate:
        """The predicate of a node that is true or false."""
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                parts = [self.condition(value) for value in values]
                return lambda person: all(part(person) for part in parts)
            case ast.BoolOp(op=ast.Or(), values=values):
                parts = [self.condition(value) for value in values]
                return lambda person: any(part(person) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.condition(operand)
                return lambda person: not inner(person)
            case ast.Compare():
                return self._comparison(node)
            case ast.Name():
                return self._value(node)
        raise self._refusal(node)

    def _comparison(self, node: ast.Compare) -> Evaluate:
        values = [self._value(part) for part in (node.left, *node.comparators)]
        tests = [
            self._test(operator, left, right)
            for operator, left, right in zip(node.ops, values, values[1:], strict=False)
        ]
        return lambda person: all(test(person) for test in tests)

    def _test(self, operator: ast.cmpop, left: Evaluate, right: Evaluate) -> Evaluate:
        match operator:
            case ast.Eq():
                return lambda person: left(person) == right(person)
            case ast.NotEq():
                return lambda person: left(person) != right(person)
            case ast.In():
                return lambda person: left(person) in right(person)  # type: ignore[operator]  # text or texts
            case ast.NotIn():
                return lambda person: left(person) not in right(person)  # type: ignore[operator]  # text or texts
        raise ConfigError(f"{self.key} can only compare with ==, !=, in and not in", hint=_EXAMPLE)

    def _value(self, node: ast.expr) -> Evaluate:
        match node:
            case ast.Constant(value=str() as text):
                return lambda _: text
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                texts = tuple(self._text(element) for element in elements)
                return lambda _: texts
            case ast.Name(id=name):
                return self._field(name)
        raise self._refusal(node)

    def _text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self._refusal(node)

    def _field(self, name: str) -> Evaluate:
        if name == "email":
            return lambda person: person.email
        if name == "name":
            return lambda person: person.name
        written = self._columns.get(_identifier(name), [])
        if not written and name == "status":
            return lambda _: ""
        if not written:
            known = sorted({*self._columns, "email", "name"})
            near = difflib.get_close_matches(_identifier(name), known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"The lists have: {', '.join(known)}."
            raise ConfigError(f"{self.key} uses {name!r}, which is not a column of any list of the audience", hint=hint)
        return lambda person: next((person.fields[column] for column in written if column in person.fields), "")

    def _refusal(self, node: ast.expr) -> ConfigError:
        return ConfigError(f"{self.key} cannot contain {ast.unparse(node)!r}", hint=_EXAMPLE)


def _identifier(column: str) -> str:
    return "_".join(column.casefold().split())
