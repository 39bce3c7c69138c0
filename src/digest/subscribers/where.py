"""``where``: which subscribers an audience selects, as a small expression over their fields.

``country == "DE" and plan in ("pro", "team") and not (city == "Bonn")``. A field on its own is true if it is
not empty, and ``"vip" in tags`` looks for whole words inside a field. Nothing is evaluated as Python: the expression
is parsed, and every node that is not handled here is refused.
"""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from digest.models import Subscriber

    Value = Callable[[Subscriber], str]
    Evaluate = Callable[[Subscriber], object]

__all__ = ["compile_where"]

_LONGEST = 2000
#: What a word is made of; a full stop or an apostrophe inside it belongs to it as well ("example.org").
_LETTER = r"[\w+#-]"
_EXAMPLE = 'Compare fields with text: country == "DE" and plan in ("pro", "team")'


def compile_where(expression: str, *, audience: str, columns: Collection[str]) -> Callable[[Subscriber], bool]:
    """Compile an expression to a predicate. An empty expression selects everyone.

    Args:
        columns: The headers of the audience's lists, so that a misspelt field is an error instead of an empty
            audience. Case does not matter, and a space in a header is written as an underscore.

    Raises:
        ConfigError: It is not a valid expression. The message names ``audiences.NAME.where``.
    """
    if not expression.strip():
        return lambda _: True
    text = expression.strip()
    compiler = _Compiler(f"audiences.{audience}.where", text, columns)
    try:
        if len(expression) > _LONGEST:
            raise ValueError("too long")  # noqa: TRY301 - joins the parser's own refusals
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ConfigError(f"{compiler.key} is not a valid expression: {expression!r}", hint=_EXAMPLE) from None
    if _joins_texts(text):
        raise ConfigError(f"{compiler.key} lacks a comma between two texts: {expression!r}", hint=_EXAMPLE)
    evaluate = compiler.condition(tree.body)
    return lambda person: bool(evaluate(person))


class _Compiler:
    def __init__(self, key: str, text: str, columns: Collection[str]) -> None:
        self.key = key
        self._text = text
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
        operands = (node.left, *node.comparators)
        if not any(isinstance(part, ast.Name) for part in operands):
            hint = f"A field has no quotes around it. {_EXAMPLE}"
            raise ConfigError(f"{self.key} compares no field: {ast.unparse(node)}", hint=hint)
        tests = [
            self._test(operator, left, right)
            for operator, left, right in zip(node.ops, operands, operands[1:], strict=False)
        ]
        return lambda person: all(test(person) for test in tests)

    def _test(self, operator: ast.cmpop, left: ast.expr, right: ast.expr) -> Evaluate:
        match operator:
            case ast.Eq() | ast.NotEq():
                self._require_text(left, right)
                one, other = self._value(left), self._value(right)
                if isinstance(operator, ast.Eq):
                    return lambda person: one(person) == other(person)
                return lambda person: one(person) != other(person)
            case ast.In() | ast.NotIn():
                contains = self._membership(left, right)
                if isinstance(operator, ast.In):
                    return contains
                return lambda person: not contains(person)
        raise ConfigError(f"{self.key} can only compare with ==, !=, in and not in", hint=_EXAMPLE)

    def _require_text(self, left: ast.expr, right: ast.expr) -> None:
        """Refuse ``plan == ("pro", "team")``, which is never true, and parentheses, in which a list was meant."""
        listed = isinstance(left, ast.Tuple | ast.List) or isinstance(right, ast.Tuple | ast.List)
        if listed or self._opens_parenthesis(left, right):
            raise ConfigError(
                f"{self.key} compares with a list: {ast.unparse(left)} == {ast.unparse(right)}",
                hint='Write plan == "pro" for one text, and plan in ("pro", "team") for several.',
            )

    def _opens_parenthesis(self, left: ast.expr, right: ast.expr) -> bool:
        """Whether a parenthesis opens between two operands. Python's parser drops those around a single text."""
        lines = self._text.encode().splitlines(keepends=True)
        start = sum(map(len, lines[: (left.end_lineno or 1) - 1])) + (left.end_col_offset or 0)
        end = sum(map(len, lines[: right.lineno - 1])) + right.col_offset
        return b"(" in b"".join(lines)[start:end]

    def _membership(self, left: ast.expr, right: ast.expr) -> Evaluate:
        """``plan in ("pro", "team")``: one of these texts. ``"vip" in tags``: a whole word of the field."""
        if isinstance(left, ast.Tuple | ast.List):
            raise self._refusal(left)
        if isinstance(right, ast.Constant):
            # In Python ("pro") is "pro", of which "" and "p" are parts: everybody with an empty plan would be selected.
            raise ConfigError(
                f"{self.key} looks for {ast.unparse(left)} in the single text {right.value!r}",
                hint=f"Write {ast.unparse(left)} == {right.value!r}, or a list with a comma: in ({right.value!r},)",
            )
        value = self._value(left)
        if isinstance(right, ast.Tuple | ast.List):
            if not right.elts:
                raise ConfigError(f"{self.key} looks for {ast.unparse(left)} in an empty list", hint=_EXAMPLE)
            texts = frozenset(self._literal(element) for element in right.elts)
            return lambda person: value(person) in texts
        field = self._value(right)
        if isinstance(left, ast.Constant):
            text = self._literal(left)
            if not text.strip():
                raise ConfigError(f"{self.key} looks for an empty text in a field", hint=_EXAMPLE)
            pattern = _whole_word(text)
            return lambda person: pattern.search(field(person)) is not None
        return lambda person: bool(value(person)) and _whole_word(value(person)).search(field(person)) is not None

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=str() as text):
                return lambda _: text
            case ast.Name(id=name):
                return self._field(name)
        raise self._refusal(node)

    def _literal(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self._refusal(node)

    def _field(self, name: str) -> Value:
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


def _joins_texts(text: str) -> bool:
    """Whether two texts follow each other, which Python joins: ``("pro" "team")`` is "proteam"."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    kinds = [token.type for token in tokens if token.type not in {tokenize.NL, tokenize.COMMENT}]
    return (tokenize.STRING, tokenize.STRING) in pairwise(kinds)


@lru_cache(maxsize=512)
def _whole_word(text: str) -> re.Pattern[str]:
    """Finds a text between the boundaries of words: neither "pro" in "professional" nor "vip" in "non-vip"."""
    before = rf"(?<!{_LETTER})(?<!\w[.'\u2019])" if re.match(_LETTER, text) else ""
    after = rf"(?!{_LETTER}|[.'\u2019]\w)" if re.search(rf"{_LETTER}\Z", text) else ""
    return re.compile(before + re.escape(text) + after)


def _identifier(column: str) -> str:
    return "_".join(column.casefold().split())
