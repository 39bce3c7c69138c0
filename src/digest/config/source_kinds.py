"""The kinds of sources that a ``[[sources]]`` table can name, and the properties that the rest of the code needs.

To add a kind, write the function that reads it in `digest.sources`, and add an entry to `SOURCE_KINDS`. The
configuration gets a key with that name, and all other code uses the kind's properties.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SOURCE_KINDS", "SourceKind"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceKind:
    """One kind of source.

    Attributes:
        name: The key of ``[[sources]]`` that holds its address, such as ``feed``.
        summary: What the key takes, for the documentation.
        reader: The function that reads it, as ``module:function``. It is imported on first use, because this package
            lies below `digest.sources` and the readers need heavy libraries. It is called with a
            `digest.sources.source_access.SourceAccess` and the source's addresses, and returns its articles.
        takes_list: The key takes a list of addresses instead of one.
        has_dates: An article counts only if it is new enough for the issue. Without this, an article counts until it
            was sent, however old it is.
        is_local: The articles are files that the editor puts into the newsletter's folder.
        gives_news: New articles are expected for every issue, so silence means that something is wrong.
    """

    name: str
    summary: str
    reader: str
    takes_list: bool = False
    has_dates: bool = True
    is_local: bool = False
    gives_news: bool = False


#: Every kind by its name, in the order in which messages list them.
SOURCE_KINDS = {
    kind.name: kind
    for kind in (
        SourceKind(
            name="feed",
            summary="The address of an RSS, Atom or JSON feed.",
            reader="digest.sources.feeds.feed_source:read_feed_source",
            gives_news=True,
        ),
        SourceKind(
            name="page",
            summary="The address of one web page.",
            reader="digest.sources.pages.page_source:read_page_source",
        ),
        SourceKind(
            name="pages",
            summary="A list of addresses of web pages.",
            reader="digest.sources.pages.page_source:read_page_source",
            takes_list=True,
        ),
        SourceKind(
            name="sitemap",
            summary="The address of a sitemap, whose newest pages are read.",
            reader="digest.sources.pages.sitemaps.sitemap:read_sitemap_source",
            gives_news=True,
        ),
        SourceKind(
            name="folder",
            summary="A folder of articles as text, Markdown or HTML files.",
            reader="digest.sources.files.article_files:read_folder_source",
            has_dates=False,
            is_local=True,
        ),
    )
}
