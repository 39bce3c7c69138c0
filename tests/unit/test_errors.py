from __future__ import annotations

import inspect

import pytest

from digest import errors
from digest.errors import DigestError, Place

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, DigestError)]


@pytest.mark.parametrize("error", CLASSES)
def test_the_tree_in_the_docstring_names_every_error_with_its_exit_code(error):
    line = next(line for line in (errors.__doc__ or "").splitlines() if error.__name__ in line.split())
    assert str(error.exit_code) in line.split()


def test_an_error_names_its_file_and_line():
    error = DigestError("no link", place=Place("issues/2026-W47/issue.md", 23), hint="Write ### [Headline](URL)")
    assert str(error) == "issues/2026-W47/issue.md:23: no link"
    assert error.hint == "Write ### [Headline](URL)"


def test_all_is_sorted_and_complete():
    assert errors.__all__ == sorted([*(error.__name__ for error in CLASSES), "Place"])
