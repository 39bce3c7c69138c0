"""Jinja2 as the theme meets it: escaped MJML, plain text, and errors with the template's name and line.

A theme is looked up file by file in several folders and the first that has the file wins, so a newsletter replaces as
little as it likes.
"""

from __future__ import annotations

import traceback
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup

from digest.errors import Place, RenderError
from digest.rendering.links import safe_url
from digest.rendering.origin import MarkLines, line_origin
from digest.rendering.text import clean_text, wrap_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["render_template", "template_place"]

_TEXT = ".txt.j2"
_FOLDER = "templates"


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
    origin = line_origin(marked, line)
    return Place(_shown(origin[0]), origin[1]) if origin else None


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], *, marked: bool = False) -> Environment:
    environment = Environment(
        extensions=[MarkLines] if marked else [],
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
        return clean_text(value)
    if value is None:
        return ""
    if isinstance(value, Markup):
        return Markup(clean_text(str(value)))  # noqa: S704 - it was markup before, and only loses characters
    return clean_text(value) if isinstance(value, str) else value


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
