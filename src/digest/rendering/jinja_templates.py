"""Render the Jinja2 templates of a theme: escaped MJML, plain text, and errors with the template's file and line.

Each template is looked up in several folders, and the first that has it wins, so a newsletter can override individual
files of a theme.

Editors know their templates, not the MJML that the templates produce. If the MJML is invalid, the templates are
rendered again with a mark before each of their lines, and the mark in the broken line shows where it comes from.
"""

from __future__ import annotations

import re
import traceback
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.lexer import Token
from markupsafe import Markup

from digest.errors import Place, RenderError
from digest.rendering.sanitising import safe_url, strip_controls
from digest.rendering.template_sandbox import TemplateEnvironment, TemplateFolders, bounded_work
from digest.rendering.text_wrapping import wrap_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jinja2.lexer import TokenStream

__all__ = ["render_template", "template_place"]

_TEXT = ".txt.j2"
_FOLDER = "templates"
#: Characters of the private use area, which no template uses.
_OPEN, _CLOSE = "\ue5d1", "\ue5d2"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*):(\\d+){_CLOSE}")


def render_template(name: str, context: Mapping[str, Any], *, folders: Sequence[Path]) -> str:
    """Render one template. Values are escaped unless the name ends in ``.txt.j2``.

    Args:
        name: The file name of the template.
        context: The variables of the template.
        folders: The folders of the theme, in search order.

    Raises:
        RenderError: The template does not exist or is invalid. The error has the template's file and line.
    """
    environment = _environment(tuple(folders))
    try:
        with bounded_work():
            return environment.get_template(name).render(context)
    except TemplateNotFound as error:
        raise RenderError(
            f"there is no template {error.name!r}",
            place=_place_in_traceback(error, folders),
            hint=f"Searched: {', '.join(map(str, folders)) or 'no folders'}.",
        ) from error
    except TemplateSyntaxError as error:
        place = Place(_shown(error.filename or error.name or name), error.lineno)
        raise RenderError(f"the template is invalid: {error.message}", place=place) from error
    except SecurityError as error:
        raise RenderError(
            f"the template does what templates may not do: {error}",
            place=_place_in_traceback(error, folders) or Place(name),
            hint="Templates run in a sandbox: docs/themes.md says what they can do.",
        ) from error
    except RecursionError as error:
        raise RenderError(
            "the template includes or calls itself without end",
            place=_place_in_traceback(error, folders) or Place(name),
        ) from error
    except Exception as error:  # a template is a program, so it can raise any error
        place = _place_in_traceback(error, folders) or Place(name)
        raise RenderError(f"the template fails: {str(error) or type(error).__name__}", place=place) from error


def template_place(name: str, context: Mapping[str, Any], *, folders: Sequence[Path], line: int) -> Place | None:
    """The template, and the line in it, that produced a line of the rendered template ``name``.

    Args:
        line: The line of the rendered text, counted from 1.
    """
    with bounded_work():
        marked = _environment(tuple(folders), marked=True).get_template(name).render(context)
    origin = _line_origin(marked, line)
    return Place(_shown(origin[0]), origin[1]) if origin else None


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], *, marked: bool = False) -> TemplateEnvironment:
    environment = TemplateEnvironment(
        extensions=[_MarkLines] if marked else [],
        loader=TemplateFolders(folders),
        # With its defaults, Jinja's select_autoescape escapes .html, .htm and .xml files, but not .mjml.j2 files:
        # https://jinja.palletsprojects.com/en/stable/api/#jinja2.select_autoescape
        autoescape=_is_markup,  # only the plain-text part is not escaped
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
    """Remove control characters from every value, and render None as nothing."""
    if type(value) is str:
        return strip_controls(value)
    if value is None:
        return ""
    if isinstance(value, Markup):
        return Markup(strip_controls(str(value)))  # noqa: S704 - it was markup before, and only loses characters
    return strip_controls(value) if isinstance(value, str) else value


def _place_in_traceback(error: BaseException, folders: Sequence[Path]) -> Place | None:
    """The innermost line of a template in the traceback of ``error``; Jinja puts its templates there."""
    roots = [str(folder) for folder in folders]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if any(frame.filename.startswith(root) for root in roots):
            return Place(_shown(frame.filename), frame.lineno)
    return None


def _shown(filename: str) -> str:
    """The path of a template as shown to users, beginning with the folder ``templates``."""
    path = Path(filename)
    if not path.is_absolute():
        return filename
    below = next((n for n, part in enumerate(reversed(path.parts), start=1) if part == _FOLDER), 2)
    return "/".join(path.parts[-below:])


class _MarkLines(Extension):
    """Puts the file and the line number of the template before each line of its text."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the text of the template, but not the values that Jinja inserts."""
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
    """The file and line of the template that produced a line, counted from 1, of a marked document."""
    lines = marked.split("\n")[:line]
    here = [mark for mark in _MARK.finditer(lines[-1]) if _text_after(mark, lines[-1])] if lines else []
    mark = here[0] if here else next((match for text in reversed(lines) for match in _MARK.finditer(text)), None)
    return (mark[1], int(mark[2])) if mark else None


def _text_after(mark: re.Match[str], text: str) -> bool:
    return bool(text[mark.end() :].partition(_OPEN)[0].strip())
