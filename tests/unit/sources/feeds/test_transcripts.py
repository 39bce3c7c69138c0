"""Transcripts of podcasts in every form that feeds link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.feeds.feed_items import FeedTranscript
from digest.sources.feeds.feed_parser import parse_feed
from digest.sources.feeds.transcripts import best_transcript, transcript_text

FORMS = {
    "WebVTT": (
        "WEBVTT\n\nNOTE made by hand\n\nSTYLE\n::cue {color: red}\n\n1\n00:00:00.000 --> 00:00:02.000 align:left\n"
        "<v Ann>The mill <c.loud>grinds</c>\n\n00:02.000 --> 00:04.000\n<v Ann>again &amp; again.\n\n"
        "00:00:04.000 --> 00:00:06.000\n<v Ben>Since when?\n"
    ),
    "SubRip": (
        "1\r\n00:00:00,000 --> 00:00:02,000\r\nThe mill <i>grinds</i>\r\nagain & again.\r\n\r\n"
        "2\r\n00:00:02,000 --> 00:00:03,000\r\nSince when?\r\n"
    ),
    "JSON": (
        '{"version": "1.0.0", "segments": [{"speaker": "Ann", "startTime": 0, "body": "The mill grinds"},'
        '{"speaker": "Ann", "body": "again & again."}, {"speaker": "Ben", "body": "Since when?"}]}'
    ),
    "JSON of a recogniser": '{"segments": [{"text": " The mill grinds again & again."}, {"text": "Since when?"}]}',
    "HTML": (
        "<cite>Ann:</cite><time>0:00</time><p>The mill grinds again &amp; again.</p>"
        "<cite>Ben:</cite><time>0:04</time><p>Since when?</p>"
    ),
    "plain text": "Speaker 1: The mill grinds again & again.\n\n[00:04] Since when?\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_words_of_a_transcript(form: str) -> None:
    assert " ".join(transcript_text(FORMS[form].encode()).split()) == "The mill grinds again & again. Since when?"


def test_another_speaker_begins_a_paragraph() -> None:
    assert transcript_text(FORMS["WebVTT"].encode()).split("\n\n")[1] == "Since when?"


def test_lines_of_rolling_captions_are_read_once() -> None:
    rolling = "WEBVTT\n\n00:00.000 --> 00:01.000\nthe mill\n\n00:01.000 --> 00:02.000\nthe mill\ngrinds again\n"
    assert transcript_text(rolling.encode()) == "the mill grinds again"


@given(st.binary())
def test_never_fails(data: bytes) -> None:
    assert isinstance(transcript_text(data), str)


def test_the_most_readable_transcript_in_the_language_of_the_item() -> None:
    links = [
        FeedTranscript(link="/de.html", kind="text/html", language="de"),
        FeedTranscript(link="/en.srt", kind="application/x-subrip", language="en"),
        FeedTranscript(link="/en.vtt", kind="", language="en"),
    ]
    assert best_transcript(links, language="en-GB") == "/en.vtt"
    assert best_transcript(links, language=None) == "/de.html"
    assert best_transcript([], language=None) == ""


def test_a_feed_links_the_transcript_of_an_item() -> None:
    data = (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>Mills</title>'
        "<link>https://mills.example/</link><item><title>One</title><link>https://mills.example/1</link>"
        '<podcast:transcript url="/1.vtt" type="text/vtt"/></item></channel></rss>'
    )
    (article,) = parse_feed(data.encode(), url="https://mills.example/feed").articles
    assert article.transcript == "https://mills.example/1.vtt"
