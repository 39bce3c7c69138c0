"""What the documents say about the program is true, and every link in them leads somewhere."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from markdown_it import MarkdownIt
from markdown_it.token import Token

import digest
from digest.cli import app

ROOT = Path(__file__).resolve().parents[2]
SITE_PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if ".site" not in path.parts)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / ".github").glob("*.md")), *SITE_PAGES]
#: The changelog also names what earlier versions had.
CURRENT_PAGES = [page for page in PAGES if page.name != "CHANGELOG.md"]


def page_id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def tokens_of(page: Path) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(read(page)):
        yield token
        yield from token.children or ()


def targets_of(page: Path) -> list[str]:
    """The addresses of all links and pictures of a page."""
    attributes = [token.attrGet("href") or token.attrGet("src") for token in tokens_of(page)]
    return [str(target) for target in attributes if target]


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    tokens = MarkdownIt("commonmark").enable("table").parse(read(page))
    anchors: set[str] = set()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            text = "".join(child.content for child in inline.children or ())
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            number = next(n for n in range(100) if (f"{slug}-{n}" if n else slug) not in anchors)
            anchors.add(f"{slug}-{number}" if number else slug)
    return anchors


def commands_in(page: Path, program: str) -> Iterator[list[str]]:
    """The arguments in every code span, and on every line of a code block, that begins with ``program``."""
    for token in tokens_of(page):
        if token.type == "code_inline":
            lines = [token.content]
        elif token.type == "code_block" or (token.type == "fence" and token.info in {"console", "sh"}):
            lines = token.content.splitlines()
        else:
            continue
        for line in lines:
            arguments = line.removeprefix("$ ").split()
            if arguments[:1] == [program]:
                yield arguments[1:]


def test_no_source_file_refers_to_a_design_that_a_clone_does_not_have():
    reference = re.compile(r"\(the design\b|\(design,|\bdesign, section|\bof the design\b", re.IGNORECASE)
    files = [path for folder in ("src", "scripts", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert [page_id(path) for path in files if path != Path(__file__) and reference.search(read(path))] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_relative_links_and_their_anchors_exist(page):
    broken = []
    for target in targets_of(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", SITE_PAGES, ids=page_id)
def test_pages_of_the_site_link_only_to_one_another(page):
    """The site has no other files of the repository."""
    relative = [target.partition("#")[0] for target in targets_of(page) if not re.match(r"[a-z]+:", target)]
    files = [(page.parent / path).resolve() for path in relative if path]
    assert [file for file in files if not file.is_relative_to(ROOT / "docs")] == []


def test_every_page_is_in_the_navigation_or_is_a_decision_in_the_table_of_decisions():
    navigation = tomllib.loads(read(ROOT / "docs/zensical.toml"))["project"]["nav"]

    def pages(items):
        for item in items:
            for target in item.values():
                yield from pages(target) if isinstance(target, list) else (target,)

    records = {f"decisions/{target}" for target in targets_of(ROOT / "docs/decisions/index.md")}
    assert {page.relative_to(ROOT / "docs").as_posix() for page in SITE_PAGES} == {*pages(navigation), *records}


def test_the_readme_is_short_and_shows_two_commands_the_email_and_the_preview():
    text = read(ROOT / "README.md")
    assert len(text.split()) <= 1500
    assert [line.strip() for line in text.splitlines() if line.startswith("    ")][:2] == ["make demo", "make test"]
    pictures = [target for target in targets_of(ROOT / "README.md") if target.endswith(".png")]
    assert pictures == ["docs/images/demo-email.png", "docs/images/demo-preview.png"]


def test_the_readme_leads_to_every_page_of_the_site_but_the_single_decisions():
    linked = {(ROOT / target).resolve() for target in targets_of(ROOT / "README.md")}
    pages = [page for page in SITE_PAGES if page.parent.name != "decisions" or page.name == "index.md"]
    assert [page_id(page) for page in pages if page not in linked] == []


def test_every_command_and_option_that_the_documents_name_exists_and_every_command_is_named():
    program = typer.main.get_command(app)
    unknown, mentioned_targets = [], set()
    for page in CURRENT_PAGES:
        for arguments in commands_in(page, "digest"):
            command = program
            while arguments and arguments[0] in getattr(command, "commands", {}):
                command = command.commands[arguments.pop(0)]
                mentioned_targets.add(command.name)
            options = {option for parameter in (*program.params, *command.params) for option in parameter.opts}
            options |= {"--help", "-h"}
            flags = [word.partition("=")[0] for word in arguments if re.match(r"--?[a-z]", word)]
            unknown += [f"{page_id(page)}: {command.name} {flag}" for flag in flags if flag not in options]
            if hasattr(command, "commands") and arguments and re.match(r"[a-z]", arguments[0]):
                unknown.append(f"{page_id(page)}: {command.name} {arguments[0]}")
    assert unknown == []
    assert set(program.commands) - mentioned_targets == set()
    assert set(program.commands["subscribers"].commands) - mentioned_targets == set()


@pytest.mark.parametrize("page", CURRENT_PAGES, ids=page_id)
def test_every_file_of_the_repository_that_a_page_names_exists(page):
    mentioned_targets = re.findall(r"`((?:src|tests|scripts|\.github|docs)/[\w./-]*)`", read(page))
    placeholders = ("NAME", "docs/.site")
    assert [
        path
        for path in mentioned_targets
        if not (ROOT / path).exists() and not any(word in path for word in placeholders)
    ] == []


def test_every_make_target_that_the_documents_name_exists():
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    mentioned_targets = {arguments[0] for page in PAGES for arguments in commands_in(page, "make") if arguments}
    assert {target for target in mentioned_targets if "=" not in target} - targets == set()
    assert {"demo", "test"} <= mentioned_targets


@pytest.mark.parametrize("page", SITE_PAGES, ids=page_id)
def test_every_key_in_a_toml_example_is_a_key_of_the_configuration(page):
    def keys(table):
        for name, value in table.items():
            if isinstance(value, dict):
                yield from keys(value)
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                yield from (key for entry in value for key in keys(entry))
            else:
                yield name

    reference = set(re.findall(r"`(\w+)`", read(ROOT / "docs/reference/configuration.md")))
    examples = [tomllib.loads(token.content) for token in tokens_of(page) if token.info == "toml"]
    assert {key for example in examples for key in keys(example)} - reference == set()


def test_the_library_reference_has_every_public_name():
    described = re.findall(r"^::: digest\.(\w+)$", read(ROOT / "docs/reference/library.md"), re.MULTILINE)
    assert sorted(name for name in described if name != "errors") == digest.__all__


def test_the_example_of_the_library_reference_runs(capsys):
    (example,) = [token.content for token in tokens_of(ROOT / "docs/reference/library.md") if token.info == "python"]
    text = "The council of Port Ensor reopens the tram line along the quay after eleven years."
    item = f"<item><title>The tram</title><link>https://a.example/1</link><description>{text}</description></item>"
    feed = f"<rss version='2.0'><channel><title>World</title>{item}</channel></rss>"
    exec(example, {"data": feed.encode()})  # noqa: S102 - running the page's own code is the point
    assert capsys.readouterr().out == f"The tram ['{text}']\n"


def messages_of_the_program() -> set[str]:
    """Every text of the source code, with … for what an f-string puts in."""

    def text_of(node: ast.expr) -> str:
        if isinstance(node, ast.JoinedStr):
            return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return text_of(node.left) + text_of(node.right)
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "…"

    texts = set()
    for path in (ROOT / "src/digest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp):
                texts.add(text_of(node))
    return texts


def test_every_message_of_the_troubleshooting_page_is_one_of_the_program():
    quoted = re.findall(r"^\| `(.+?)` \|", read(ROOT / "docs/troubleshooting.md"), re.MULTILINE)
    assert len(quoted) > 50
    texts = "\n".join(messages_of_the_program())
    assert [message for message in quoted if message not in texts] == []


def test_every_private_function_that_the_contributing_guide_names_exists():
    names = re.findall(r"`(_[a-z]\w+)`", read(ROOT / ".github/CONTRIBUTING.md"))
    functions = {
        node.name
        for path in (ROOT / "src/digest").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef)
    }
    assert len(names) > 0
    assert set(names) - functions == set()
