from __future__ import annotations

import subprocess
import sys
from pkgutil import resolve_name

import pytest

from digest.config import SOURCE_KINDS, SourceConfig

ADD_A_KIND = """
import importlib, sys, types
from pathlib import Path
from digest.config import SOURCE_KINDS, SourceKind, settings
from digest.models import Article
from digest.sources import read_source

def read_wire_source(access, addresses):
    return [Article(url=f"{address}/1", title="From the wire", text="", source="") for address in addresses]

sys.modules["wire_source"] = types.ModuleType("wire_source")
sys.modules["wire_source"].read_wire_source = read_wire_source
SOURCE_KINDS["wire"] = SourceKind(
    name="wire", summary="The address of a wire.", reader="wire_source:read_wire_source", takes_list=True
)
importlib.reload(settings)
newsletter = {"name": "News", "sender": "News <news@example.org>"}
sources = [{"id": "w", "wire": ["https://wire.example"]}]
config = settings.Config.model_validate({"newsletter": newsletter, "sources": sources})
reading = read_source(config.source("w"), root=Path(), fetcher=None)
print(reading.kind, [article.url for article in reading.articles], [article.source for article in reading.articles])
"""


@pytest.mark.parametrize("name", SOURCE_KINDS)
def test_each_kind_names_a_function_that_reads_it(name):
    assert callable(resolve_name(SOURCE_KINDS[name].reader))


def test_properties_tell_the_kinds_apart():
    properties = {
        name: (kind.takes_list, kind.has_dates, kind.is_local, kind.gives_news) for name, kind in SOURCE_KINDS.items()
    }
    assert properties == {
        "feed": (False, True, False, True),
        "page": (False, True, False, False),
        "pages": (True, True, False, False),
        "sitemap": (False, True, False, True),
        "folder": (False, False, True, False),
    }


@pytest.mark.parametrize("name", SOURCE_KINDS)
def test_a_source_knows_its_kind_and_its_addresses(name):
    address = ["articles", "more"] if SOURCE_KINDS[name].takes_list else "articles"
    source = SourceConfig.model_validate({"id": "world", name: address})
    assert source.kind is SOURCE_KINDS[name]
    assert source.addresses == (("articles", "more") if SOURCE_KINDS[name].takes_list else ("articles",))


def test_a_new_kind_needs_an_entry_and_a_reader_and_nothing_else():
    run = subprocess.run(  # a separate process, because the model of the configuration is built again
        [sys.executable, "-c", ADD_A_KIND], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert run.stderr == ""
    assert run.stdout.split("\n")[0] == "wire ['https://wire.example/1'] ['w']"
