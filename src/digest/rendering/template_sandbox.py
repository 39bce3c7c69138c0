"""The sandbox in which templates run: nothing of Python within reach, and a limited amount of work.

A newsletter's templates may come from somebody else, and a template is a program. Jinja's sandbox
(https://jinja.palletsprojects.com/en/stable/sandbox/) keeps it away from Python's insides, but not from a loop that
never ends or a text that fills the memory; what this module adds ends those.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Sized
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jinja2 import FileSystemLoader, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.sandbox import SandboxedEnvironment, SandboxedEscapeFormatter, SandboxedFormatter
from jinja2.utils import generate_lorem_ipsum
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jinja2 import Environment
    from jinja2.compiler import Frame
    from jinja2.runtime import Context

__all__ = ["TemplateEnvironment", "TemplateFolders", "bounded_work"]

#: Rounds of loops, and calls of functions, macros and filters. An issue of a hundred stories takes some ten thousand.
_MAX_STEPS = 500_000
#: Characters that a template joins, formats or writes, in all. An email of 100 kB takes under a million.
_MAX_CHARACTERS = 20_000_000
#: Bits of a whole number. Python's own limit is on printing such a number, not on computing it.
_MAX_BITS = 20_000
#: How deep statements and expressions of one template may be nested. Python's compiler gives up at 100 levels, and at
#: twenty loops (https://docs.python.org/3/reference/lexical_analysis.html#indentation is silent about both).
_MAX_DEPTH, _MAX_LOOPS = 90, 15
_MAX_NUMBER = 100_000
_LARGE_WIDTH = re.compile(r"\d{6}|\*")
#: The methods and filters for which a large number means a long text, a long list or a large number.
_NUMBERED = frozenset(
    {
        *("batch", "center", "expandtabs", "indent", "lipsum", "ljust", "rjust", "round", "slice", "to_bytes"),
        *("tojson", "zfill"),
    }
)


class _Work:
    """What one rendering has done so far."""

    def __init__(self) -> None:
        self.steps = self.characters = 0

    def add(self, *, steps: int = 0, characters: int = 0) -> None:
        self.steps += steps
        self.characters += characters
        if self.steps > _MAX_STEPS:
            raise SecurityError(f"it takes more than {_MAX_STEPS:,} steps")
        if self.characters > _MAX_CHARACTERS:
            raise SecurityError(f"its texts have more than {_MAX_CHARACTERS:,} characters")


_work: ContextVar[_Work] = ContextVar("work")


@contextlib.contextmanager
def bounded_work() -> Iterator[None]:
    """Limit what templates may do within this block, all together. Templates are compiled and rendered in one only.

    Over a limit, a template fails with `jinja2.exceptions.SecurityError`.
    """
    token = _work.set(_Work())
    try:
        yield
    finally:
        _work.reset(token)


class TemplateFolders(FileSystemLoader):
    """Finds templates in folders. A link that leads out of all of them is no template: it could be any file."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The source of a template, its file, and whether the file is still the same."""
        source, filename, is_current = super().get_source(environment, template)
        if not _is_below(filename, self.searchpath):
            raise SecurityError(f"the template {template} is a link to a file outside the theme's folders")
        return source, filename, is_current


class TemplateEnvironment(SandboxedEnvironment):
    """Jinja's sandboxed environment, in which an unsafe attribute is always an error, and work is limited."""

    intercepted_binops = frozenset({"+", "*", "%", "**"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.code_generator_class = _Compiler
        self.filters = {name: _measured_filter(name, function) for name, function in self.filters.items()}
        self.globals["lipsum"] = _measured_filter("lipsum", generate_lorem_ipsum)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """Refuse it at once. Jinja's own answer passes ``is defined`` and ``|default``."""
        raise SecurityError(f"a template may not use {attribute!r} of an object of type {type(obj).__name__!r}")

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call something for a template."""
        owner = getattr(function, "__self__", None)
        if isinstance(owner, str | bytes | list | int):
            name = function.__name__
            if name == "join" and args:
                args = (tuple(args[0]),)  # an iterator can be read once
            _check_growth(name, owner, (*args, *kwargs.values()))
        _work.get().add(steps=1)
        return _measured(super().call(context, function, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator whose result can be much larger than what it is applied to."""
        if isinstance(left, int) and isinstance(right, int):
            _check_number(operator, left, right)
        elif operator == "*":
            sequence, times = (right, left) if isinstance(left, int) else (left, right)
            if isinstance(sequence, Sized) and isinstance(times, int):
                _check_length(len(sequence) * times)
        elif operator == "%" and isinstance(left, str):
            _check_format(left, right if isinstance(right, tuple) else (right,))
        return _measured(super().call_binop(context, operator, left, right))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """``str.format`` whose fields are measured, and reach no further than the template itself."""
        if super().wrap_str_format(value) is None:
            return None
        text: str = value.__self__
        formatter: SandboxedFormatter = _Formatter(self)
        if isinstance(text, Markup):
            formatter = _EscapeFormatter(self, escape=text.escape)

        def format_text(*args: Any, **kwargs: Any) -> str:
            if value.__name__ == "format_map":
                ((kwargs,), args) = (args, ())
            return type(text)(formatter.vformat(text, args, kwargs))

        return functools.update_wrapper(format_text, value)

    def round_of_loop(self) -> None:
        """Count one round of a loop; compiled templates call it."""
        _work.get().add(steps=1)

    def measured(self, text: str) -> str:
        """Count the characters of a text; compiled templates call it."""
        return cast("str", _measured(text))

    @staticmethod
    def concat(texts: Iterable[str]) -> str:
        """Join what a template wrote."""
        work, counted = _work.get(), []
        for text in texts:
            work.add(characters=len(text))
            counted.append(text)
        return "".join(counted)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parser = Parser(self, source, name, filename)
        try:
            template = parser.parse()
        except RecursionError:
            raise TemplateSyntaxError("it is nested too deeply", parser.stream.current.lineno, name, filename) from None
        _check_depth(template, name, filename)
        return template


class _Compiler(CodeGenerator):
    """Compiles templates so that loops and joined texts are counted."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - the name of Jinja's visitor
        count = nodes.Call(nodes.EnvironmentAttribute("round_of_loop"), [], [], None, None)
        node.body.insert(0, nodes.ExprStmt(count).set_lineno(node.lineno).set_environment(self.environment))
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - the name of Jinja's visitor
        self.write("environment.measured(")
        super().visit_Concat(node, frame)
        self.write(")")


class _MeasuredFields:
    def format_field(self, value: Any, format_spec: str) -> str:
        if _LARGE_WIDTH.search(format_spec):
            raise SecurityError(f"the width in {format_spec[:20]!r} is too large")
        text: str = super().format_field(value, format_spec)  # type: ignore[misc]  # a mixin of formatters
        _work.get().add(characters=len(text))
        return text


class _Formatter(_MeasuredFields, SandboxedFormatter): ...


class _EscapeFormatter(_MeasuredFields, SandboxedEscapeFormatter): ...


def _is_below(filename: str, folders: Sequence[str]) -> bool:
    path = Path(filename).resolve()
    return any(path.is_relative_to(Path(folder).resolve()) for folder in folders)


def _check_depth(template: nodes.Template, name: str | None, filename: str | None) -> None:
    """Refuse what Python's compiler, which has no line of the template, would fail at."""
    waiting: list[tuple[nodes.Node, int, int]] = [(template, 0, 0)]
    while waiting:
        node, depth, loops = waiting.pop()
        loops += isinstance(node, nodes.For)
        if depth > _MAX_DEPTH or loops > _MAX_LOOPS:
            raise TemplateSyntaxError("it is nested too deeply", node.lineno, name, filename)
        waiting += [(child, depth + 1, loops) for child in node.iter_child_nodes()]


def _measured_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    first = 1 if hasattr(function, "jinja_pass_arg") else 0  # Jinja passes something of its own before the value

    @functools.wraps(function)
    def measured(*args: Any, **kwargs: Any) -> Any:
        own, values = args[:first], args[first:]
        if values:
            value = tuple(values[0]) if name == "join" else values[0]  # an iterator can be read once
            values = (value, *values[1:])
            _check_growth(name, value, (*values[1:], *kwargs.values()))
        elif name in _NUMBERED:
            _check_growth(name, None, tuple(kwargs.values()))
        _work.get().add(steps=1)
        return _measured(function(*own, *values, **kwargs))

    return measured


def _measured(value: Any) -> Any:
    if isinstance(value, str | bytes | list | tuple):
        _work.get().add(characters=len(value))
    return value


def _check_growth(name: str, value: Any, arguments: Sequence[Any]) -> None:
    """Refuse a filter, or a method of a text or list, whose result would be huge, before it fills the memory."""
    if name in _NUMBERED:
        for number in arguments:
            if isinstance(number, int) and abs(number) > _MAX_NUMBER:
                raise SecurityError(f"{name} with the number {number} is too large")
    texts = [len(each) for each in arguments if isinstance(each, str | bytes)]
    match name:
        case "format":
            _check_format(str(value), arguments)
        case "indent":
            numbers = [each for each in arguments if isinstance(each, int)]
            _check_length(len(str(value)) + str(value).count("\n") * max([*numbers, *texts, 4]))
        case "replace" | "wordwrap":
            _check_length(len(str(value)) * (1 + max(texts, default=0)))
        case "join" if isinstance(value, str):  # the method of a text; the filter has the parts as its value
            _check_length(sum(map(len, map(str, arguments[0]))) + len(arguments[0]) * len(value))
        case "join":
            _check_length(sum(map(len, map(str, value))) + len(value) * max(texts, default=0))
        case "extend" if isinstance(arguments[0], Sized):
            _work.get().add(characters=len(value) + len(arguments[0]))


def _check_format(text: str, arguments: Sequence[Any]) -> None:
    """Refuse ``text % arguments`` whose result would be huge."""
    if _LARGE_WIDTH.search(text) and "%" in text:
        raise SecurityError(f"the width in {text[:20]!r} is too large")
    _check_length(len(text) + text.count("%") * max((len(str(each)) for each in arguments), default=0))


def _check_length(length: int) -> None:
    if length > _MAX_CHARACTERS:
        raise SecurityError(f"a text or list of {length:,} would be too long")


def _check_number(operator: str, left: int, right: int) -> None:
    bits = left.bit_length() * max(right, 1) if operator == "**" else left.bit_length() + right.bit_length()
    if bits > _MAX_BITS:
        raise SecurityError("a number is too large")
