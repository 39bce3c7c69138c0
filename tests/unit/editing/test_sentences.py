"""Where a sentence ends, in English and elsewhere."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editing.sentences import split_sentences


def split(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["He left at 5 p.m.", "Nobody spoke.", "It rained."],
        ["The talks begin at 9 a.m. Tuesday in Geneva.", "All came."],
        ["Sens. Kay (R-Ariz.) and Lee (D-Calif.) spoke.", "Nobody listened."],
        ["Yahoo! Inc. rose.", "Others fell."],
        ["She is 6 ft. 4 in. tall.", "He is not."],
        ['"Finally!" Mr. Cruz shouted.', "He left."],
        ['"Why?" she asked.', '"No!"', "The crowd cheered."],
        ["They met in May.", "iPhone sales slipped."],
        ["He came on Jan. 3.", "It takes time."],
        ["U.S. troops left the U.S.", "The war was over."],
        ["J. K. Rowling wrote 3.5 books.", "“It is over.”", "She left."],
        ["Prices rose 3.2% in the U.K. in May.", "See example.com now.", "Node.js is fine."],
        ["He said no.", "The rest agreed."],
        ["He said no...", "Then he said yes."],
        ["1. The first point.", "2. The second point."],
        ["Bonjour.", "Ça va?", "Été comme hiver."],
    ],
)
def test_english_is_split_between_these(sentences: list[str]):
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("东京下雨了。他们走了!好。", ["东京下雨了。", "他们走了!好。"]),
        ("यह वाक्य है। यह दूसरा है।", ["यह वाक्य है।", "यह दूसरा है।"]),
        ("هل هذا سؤال؟ نعم.", ["هل هذا سؤال؟", "نعم."]),
        ("The war ended.The peace began.", ["The war ended.", "The peace began."]),
        ("A heading\nThe text begins. It ends.", ["A heading", "The text begins.", "It ends."]),
        ("No stop here\n\nnor there", ["No stop here", "nor there"]),
    ],
)
def test_other_texts_are_split_by_their_stops_and_lines(text: str, sentences: list[str]):
    assert split(text) == sentences


def test_wrapped_lines_are_one_paragraph():
    text = (
        "The first line is wrapped here at some forty\nor so characters, as old mails are wrapped by\n"
        "hand. Then another sentence comes in."
    )
    first, second = split_sentences(text)
    assert " ".join(first.text.split()).endswith("are wrapped by hand.")
    assert second.text == "Then another sentence comes in."


@given(st.one_of(st.text(), st.lists(st.sampled_from([". ", "a", "B", "\n", '"', "? ", "U.S. ", "。"])).map("".join)))
def test_every_word_is_in_exactly_one_sentence(text: str):
    sentences = split_sentences(text)
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in sentences)
    assert "".join("".join(split(text)).split()) == "".join(text.split())
    ends = [0, *(sentence.end for sentence in sentences)]
    assert all(end <= sentence.start for end, sentence in zip(ends, sentences, strict=False))


@pytest.mark.parametrize("piece", ["J. ", ".", "a.b", "x\n", '"', "Mr. A! ", " ", "(", "?!"])
def test_a_large_hostile_text_takes_no_longer_than_its_length(piece: str):
    text = piece * (300_000 // len(piece))
    began = time.process_time()
    split_sentences(text)
    assert time.process_time() - began < 5
