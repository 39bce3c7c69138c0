"""The sentence from which a bullet was taken."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from digest import Article
from digest.editing import propose_story, trace_bullets
from digest.models import Bullet, Candidate, Issue, Section, Story

TEXT = (
    "SPRINGFIELD (AP) — The old bridge, which was built by hand in 1872, will be\nclosed for two years, "
    "officials said. "
    "Nobody knows *when* it will be opened again. The 12 boats of the harbour wait for the tide."
)
ARTICLE = Article(url="https://a.example/1", title="Bridge", text=TEXT)


def issue(*candidates: Candidate, url: str = ARTICLE.url) -> Issue:
    story = Story(url=url, headline="Bridge", candidates=candidates)
    return Issue(id="2026-W47", subject="s", preheader="p", sections=(Section(stories=(story,)),))


def test_traces_each_extracted_bullet_to_its_sentence():
    story = propose_story(ARTICLE, per_story=3)
    traces = trace_bullets(issue(*story.candidates), [ARTICLE])
    assert [trace.text for trace in traces] == [
        "The old bridge will be closed for two years, officials said.",
        "Nobody knows *when* it will be opened again.",
        "The 12 boats of the harbour wait for the tide.",
    ]
    first = traces[0]
    assert first.source.startswith("SPRINGFIELD (AP) — The old bridge, which was built by hand in 1872, will be closed")
    assert [words for words, is_kept in first.sentence if not is_kept] == [
        "SPRINGFIELD (AP) — ",
        ", which was built by hand in 1872, ",
    ]
    assert [trace.shortened for trace in traces] == [True, False, False]


def test_a_bullet_of_the_editor_has_no_sentence():
    own = Candidate(bullet=Bullet(text="The bridge is shut.", origin="editor"), line=7)
    author = Candidate(bullet=Bullet(text="A bridge", origin="author"))
    unticked = Candidate(bullet=Bullet(text="Not in the email", origin="editor"), ticked=False)
    traces = trace_bullets(issue(own, author, unticked), [ARTICLE])
    assert [(trace.origin, trace.sentence, trace.line) for trace in traces] == [("editor", (), 7), ("author", (), None)]


def test_a_missing_or_changed_article_yields_no_sentence():
    story = propose_story(ARTICLE, per_story=1)
    for articles in ([], [replace(ARTICLE, text="Quite another text, which is long enough to hold the place. " * 9)]):
        (trace,) = (each for each in trace_bullets(issue(*story.candidates), articles) if each.text)
        assert trace.sentence == ()
        assert not trace.shortened


@given(st.text(max_size=200), st.integers(-5, 250), st.integers(-5, 250), st.text(max_size=40))
@example(text="One or two. Three", start=0, end=11, bullet_text="one two")
def test_any_span_of_any_text_yields_a_sentence_or_none(text: str, start: int, end: int, bullet_text: str):
    article = replace(ARTICLE, text=text)
    bullet = Bullet(text=bullet_text, start=start, end=end, origin="extracted")
    (trace,) = trace_bullets(issue(Candidate(bullet=bullet)), [article])
    if trace.sentence:
        kept_words = [word for words, is_kept in trace.sentence if is_kept for word in re.findall(r"\w+", words)]
        assert [word.casefold() for word in kept_words] == [word.casefold() for word in re.findall(r"\w+", bullet_text)]
        source, whole = re.findall(r"\w+", trace.source), re.findall(r"\w+", text)
        assert any(whole[at : at + len(source)] == source for at in range(len(whole)))
