"""HTML from word processors: the styled title, the byline, and lists without Word's signs."""

from __future__ import annotations

import pytest

from digest.sources import parse_text

FIRST = "The glassworks at Brill melts bottles from four towns, and its furnace has not been cold for years."
WORD = (
    "<html><head><meta name=Generator content='Microsoft Word 15'><title>Document1</title></head><body>"
    "<p class=MsoTitle>The furnace</p><p class=MsoNormal>By Ann Lee</p>"
    f"<p class=MsoNormal>{FIRST}<a class=MsoCommentReference>[AL1]</a></p><p class=MsoNormal>&nbsp;</p>"
    "<p class=MsoListParagraph><span>·<span>&nbsp;&nbsp; </span></span>Four towns</p>"
    "<p class=MsoListParagraph><span>·<span>&nbsp;&nbsp; </span></span>No cold day</p></body></html>"
)
GOOGLE = (
    "<html><head></head><body class='c3 doc-content'><p class='c2 title'><span>The furnace</span></p>"
    f"<p class='c1'>By Ann Lee</p><p class='c1'>{FIRST}<sup><a href='#cmnt1'>[a]</a></sup></p>"
    "<ul class='lst-kix_1-0'><li>Four towns</li><li>No cold day</li></ul></body></html>"
)


@pytest.mark.parametrize("html", [WORD, GOOGLE], ids=["word", "google"])
def test_reads_a_document_as_its_writer_sees_it(html):
    article = parse_text(html.encode(), path="articles/glass.html")
    assert (article.title, article.authors) == ("The furnace", ("Ann Lee",))
    assert article.text.split("\n\n")[0] == FIRST
    assert {"Four towns", "No cold day"} <= {*article.text.split("\n\n"), *article.key_points}
    assert "·" not in str(article)
