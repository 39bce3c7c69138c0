"""Jinja2 as the theme meets it: escaped MJML, plain text, and errors with the template's name and line.

A theme is looked up file by file in several folders and the first that has the file wins, so a newsletter replaces as
little as it likes.
"""

from __future__ import annotations

import re
import traceback
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.ext import Extension
from jinja2.lexer import Token
from markupsafe import Markup

from digest.errors import Place, RenderError
from digest.rendering.sanitising import safe_url, strip_controls
from digest.rendering.text_wrapping import wrap_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jinja2.lexer import TokenStream

__all__ = ["render_template", "template_place"]

_TEXT = ".txt.j2"
_FOLDER = "templates"
#: Of the private use area, so that no template means something by them.
_OPEN, _CLOSE = "\ue5d1", "\ue5d2"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*):(\\d+){_CLOSE}")


def render_template(name: str, context: Mapping[str, Any], *, folders: Sequence[Path]) -> str:
    """Fill in one template. Values are escaped unless the name ends in ``.txt.j2``.

    Raises:
        RenderError: There is no such template, or it is wrong; with the template's file and line.
    """
    environment = _environment(tuple(folders))
    try:
        return environment.get_template(name).render(context)
    except TemplateNotFound as error:
        raise RenderError(
            f"there is no template {error.name!r}",
            place=_place_in_traceback(error, folders),
            hint=f"Looked in: {', '.join(map(str, folders)) or 'no folder at all'}.",
        ) from error
    except TemplateSyntaxError as error:
        place = Place(_shown(error.filename or error.name or name), error.lineno)
        raise RenderError(f"the template is wrong: {error.message}", place=place) from error
    except Exception as error:  # a template is a program: what goes wrong in it can be any error
        place = _place_in_traceback(error, folders) or Place(name)
        raise RenderError(f"the template fails: {error}", place=place) from error


def template_place(name: str, context: Mapping[str, Any], *, folders: Sequence[Path], line: int) -> Place | None:
    """The template and the line in it that made a ``line`` of what ``name`` renders to."""
    marked = _environment(tuple(folders), marked=True).get_template(name).render(context)
    origin = _line_origin(marked, line)
    return Place(_shown(origin[0]), origin[1]) if origin else None


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], *, marked: bool = False) -> Environment:
    environment = Environment(
        extensions=[_MarkLines] if marked else [],
        loader=FileSystemLoader(folders),
        autoescape=_is_markup,  # noqa: S701 - only the plain-text part is not escaped
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["safe_url"] = safe_url
    environment.filters["wrap"] = wrap_text
    return environment


def _is_markup(name: str | None) -> bool:
    return not (name or "").endswith(_TEXT)


def _finalize(value: Any) -> Any:
    """What every value goes through on its way out."""
    if type(value) is str:
        return strip_controls(value)
    if value is None:
        return ""
    if isinstance(value, Markup):
        return Markup(strip_controls(str(value)))  # noqa: S704 - it was markup before, and only loses characters
    return strip_controls(value) if isinstance(value, str) else value


def _place_in_traceback(error: BaseException, folders: Sequence[Path]) -> Place | None:
    """The innermost line of a template on the way to ``error``; Jinja writes templates into tracebacks."""
    roots = [str(folder) for folder in folders]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if any(frame.filename.startswith(root) for root in roots):
            return Place(_shown(frame.filename), frame.lineno)
    return None


def _shown(filename: str) -> str:
    """A template's file as a person names it: from the folder ``templates``, without the way there."""
    path = Path(filename)
    if not path.is_absolute():
        return filename
    below = next((n for n, part in enumerate(reversed(path.parts), start=1) if part == _FOLDER), 2)
    return "/".join(path.parts[-below:])


class _MarkLines(Extension):
    """Writes the template's name and the line before each line of its text."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the text; what Jinja computes stays as it is."""
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = enumerate(token.value.split("\n"), start=token.lineno)
            marked = "\n".join(
                f"{_OPEN}{stream.filename or stream.name}:{number}{_CLOSE}{text}" for number, text in lines
            )
            yield Token(token.lineno, "data", marked)


def _line_origin(marked: str, line: int) -> tuple[str, int] | None:
    """The template's file, and the line in it, of a line of a marked document, counted from 1."""
    lines = marked.split("\n")[:line]
    here = [mark for mark in _MARK.finditer(lines[-1]) if _text_after(mark, lines[-1])] if lines else []
    mark = here[0] if here else next((found for text in reversed(lines) for found in _MARK.finditer(text)), None)
    return (mark[1], int(mark[2])) if mark else None


def _text_after(mark: re.Match[str], text: str) -> bool:
    return bool(text[mark.end() :].partition(_OPEN)[0].strip())
