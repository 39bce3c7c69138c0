from __future__ import annotations

import importlib
import pkgutil
import re
import time
from pathlib import Path

import pytest

import digest

SOURCE = Path(digest.__file__).parent
#: The packages whose patterns `digest check`, its scanner for secrets and `redact_addresses` use on texts by others.
PACKAGES = ("checks", "issues", "mail", "models", "rendering")
#: What a hostile text repeats.
UNITS = (
    *"{}[]()<>*_`~&|%!#$@.,;:=+-'\"\\/ \n\taA1é",
    *("{{", "{%", "{{a", "*|", "%%", "<<a", "[a](", "![", "a@", "@a", "a.", "a@a.", "a-", "a b ", "A. ", "1.", "a:b@"),
    *("http://a", "http://a:b", "<a ", "<a href=", "<!--", "&#", "&a", '"a', '\\"', " \n", "\n ", "- ", "# ", "> "),
    *("TK ", "eyJa-", "-----BEGIN ", "a/", 'a="', "\u200f", "\xa0"),
)
ENDS = ("", "\0!x")
#: Patterns that only see short texts, and why these are short.
SHORT = {
    "digest.models.email_address._COMMENT": "a sender has at most 1,000 characters",
    "digest.models.email_address._MAILBOX": "a sender has at most 1,000 characters",
    "digest.models.email_address._QUOTED": "a sender has at most 1,000 characters",
}
SCANNING = {
    "finditer": lambda pattern, text: sum(1 for _ in pattern.finditer(text)),
    "findall": lambda pattern, text: pattern.findall(text),
    "search": lambda pattern, text: pattern.search(text),
    "split": lambda pattern, text: pattern.split(text),
    "sub": lambda pattern, text: pattern.sub("", text),
    "subn": lambda pattern, text: pattern.subn("", text),
    "match": lambda pattern, text: pattern.match(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
}


def patterns():
    """The name, the pattern and the methods of each compiled pattern; those in tables are searched for."""
    for package in PACKAGES:
        root = importlib.import_module(f"digest.{package}")
        modules = [
            root,
            *(importlib.import_module(m.name) for m in pkgutil.walk_packages(root.__path__, root.__name__ + ".")),
        ]
        text = "\n".join(path.read_text(encoding="utf-8") for path in (SOURCE / package).rglob("*.py"))
        for module in modules:
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    methods = set(re.findall(rf"\b{name}\.(\w+)\(", text)) & set(SCANNING)
                    yield f"{module.__name__}.{name}", value, methods or {"search", "finditer"}
    from digest.checks.safety_rules import _secret_patterns

    for name, pattern in _secret_patterns():
        yield name, pattern, {"search", "finditer"}


def seconds(method, pattern, text):
    start = time.process_time()
    SCANNING[method](pattern, text)
    return time.process_time() - start


def is_linear(method, pattern, unit, end, *, size):
    """Whether four times the text takes about four times as long; too little time to measure is linear."""
    for _ in range(4):  # another program may disturb a measurement
        large = seconds(method, pattern, unit * (size // len(unit)) + end)
        if large < 0.02:
            return True
        if large < 9 * seconds(method, pattern, unit * (size // len(unit) // 4) + end):
            return True
    return False


@pytest.mark.long
def test_patterns_for_texts_by_others_take_linear_time():
    slow = [
        f"{name}.{method} for {unit!r} and {end!r}"
        for name, pattern, methods in patterns()
        if name not in SHORT and isinstance(pattern.pattern, str)
        for method in methods
        for unit in UNITS
        for end in ENDS
        if not is_linear(method, pattern, unit, end, size=40_000)
    ]
    assert slow == []


def test_no_pattern_has_a_possessive_group():
    """Before Python 3.11.5, possessive groups match incorrectly: https://github.com/python/cpython/issues/106052."""
    possessive = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+(?!\))")
    possessive_groups = [
        f"{path.relative_to(SOURCE)}: {match[0]}"
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in {".py", ".toml"}
        for match in possessive.finditer(path.read_text(encoding="utf-8"))
    ]
    assert possessive_groups == []
