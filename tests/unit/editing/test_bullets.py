"""The bullets that are picked from an article."""

# ruff: noqa: RUF001 - typographic quotes and other scripts are intended

from __future__ import annotations

import re
import time
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import Article, Bullet, pick_bullets
from digest.editing.bullets import candidate_sentences, rank_bullets, says_the_same, shorten_candidate
from digest.editing.salience import Subject, opens_dangling, repeat_penalty, score_of
from digest.editing.tokenization import content_words

TEXT = """\
SPRINGFIELD (AP) — The city council approved a new tram line on Monday after two years of debate.

By Ann Writer

He said it would open in 2029 and carry forty thousand people each day.

The tram line will cost 300 million dollars, half of which the state has promised to pay.

Read more: Ten trams that changed the world

But critics of the tram line fear that the council will have to close two libraries to pay for it.

"We cannot afford it," one of them said. Is there another way?

The council has approved the new tram line after two long years of debate on Monday.

Libraries in the city lost a third of their money last year, according to a report by the state.

Sign up for our newsletter to get stories like this one.
"""


SENTENCES = [
    "The council approved a new tram line on Monday, the first in forty years, despite protests by shop owners.",
    "Anna Roe, who led the inquiry, said on Tuesday that the bridge was not safe (a claim that its builders deny).",
    "The bridge, which opened in 1961, carries 12,000 cars a day, according to the ministry of transport.",
    "However, prices rose by 3.2 percent in May, the statistics office said in a statement.",
    "“We are not going to wait,” the mayor said, adding that work would begin in June.",
    "A man drowned in the lake near Springfield on Sunday evening, police said.",
    "It was the bridge that failed, the bridge that everyone had called the safest bridge.",
]


def article(text: str = TEXT, *, title: str = "Springfield gets a tram", points: tuple[str, ...] = ()) -> Article:
    return Article(url="https://a.example/1", title=title, text=text, key_points=points)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def holds(text: str, wanted: list[str]) -> bool:
    rest = iter(words(text))
    return all(word in rest for word in wanted)


def test_bullets_follow_the_order_of_the_text_and_have_no_dateline():
    texts = [bullet.text for bullet in pick_bullets(article())]
    assert len(texts) == 3
    assert texts[0].startswith("The city council approved a new tram line")
    assert [TEXT.index(text[-20:]) for text in texts] == sorted(TEXT.index(text[-20:]) for text in texts)


def test_the_span_of_an_extracted_bullet_holds_its_words():
    bullets = pick_bullets(article(), limit=8)
    assert {bullet.origin for bullet in bullets} == {"extracted"}
    assert all(holds(TEXT[bullet.start : bullet.end], words(bullet.text)) for bullet in bullets)


def test_the_span_of_a_shortened_bullet_is_the_shortest_one():
    text = (
        "The mayor, who was elected in spring after a long count, closed the old bridge over the river on Monday.\n\n"
        "Nobody knows when it will be opened again, the town hall said."
    )
    first = pick_bullets(article(text, title=""), limit=1)[0]
    span = text[first.start : first.end]
    assert len(words(first.text)) < len(words(span))
    assert holds(span, words(first.text))
    assert not holds(text[first.start + 1 : first.end], words(first.text))
    assert not holds(span.rstrip(".")[:-1], words(first.text))


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8), st.integers(1, 4))
def test_a_bullet_keeps_at_least_a_third_of_its_sentence(sentences: list[str], limit: int):
    text = " ".join(sentences)
    for bullet in pick_bullets(article(text, title=""), limit=limit):
        span, kept_words = words(text[bullet.start : bullet.end]), words(bullet.text)
        assert holds(text[bullet.start : bullet.end], kept_words)
        assert 3 * len(kept_words) >= len(span)
        assert not holds(text[bullet.start : bullet.end].lstrip("“")[1:], kept_words)
        assert bullet.text.lstrip("“")[:1].isupper()


def test_captions_links_and_calls_to_subscribe_are_never_picked():
    picked = " ".join(bullet.text for bullet in pick_bullets(article(), limit=20))
    assert "Read more" not in picked
    assert "Sign up" not in picked
    assert "Ann Writer" not in picked


def test_no_bullet_repeats_another():
    bullets = [set(content_words(bullet.text)) for bullet in pick_bullets(article(), limit=20)]
    assert all(len(a & b) < 0.6 * min(len(a), len(b)) for a, b in combinations(bullets, 2) if a and b)


def test_key_points_come_first_in_order_and_cleaned():
    points = ("• Trams are back", "  ", "2) It costs\n300 million", "Trams are back", "Read more: All about trams")
    assert pick_bullets(article(points=points), limit=2) == (
        Bullet(text="Trams are back", origin="author"),
        Bullet(text="It costs 300 million", origin="author"),
    )


def test_the_best_of_many_key_points_keep_their_order():
    points = (
        "What do we make of it?",
        "The council of Springfield approved a tram line",
        "But it was late",
        "The tram line will cost 300 million dollars",
        "Libraries fear that the state pays less",
    )
    picked = [bullet.text for bullet in pick_bullets(article(points=points))]
    assert picked == [points[1], points[3], points[4]]


def test_a_very_long_key_point_is_truncated():
    (bullet,) = pick_bullets(article("", points=("word " * 500,)))
    assert len(bullet.text) <= 400


def test_ranked_bullets_are_a_prefix_of_any_longer_ranking():
    ranked = rank_bullets(article(), limit=6)
    assert ranked[:2] == rank_bullets(article(), limit=2)
    assert ranked[0].text.startswith("The city council approved")


def test_sentences_fill_up_missing_key_points_without_repeating_them():
    points = ("Libraries in the city lost a third of their money", "The city council approved a tram line Monday")
    bullets = pick_bullets(article(points=points))
    assert [bullet.origin for bullet in bullets] == ["author", "author", "extracted"]
    assert bullets[2].text.startswith("Critics of the tram line fear")


def test_a_key_point_of_stop_words_is_not_repeated():
    assert pick_bullets(article("We can.", points=("We can.",))) == (Bullet(text="We can.", origin="author"),)


def test_the_headline_is_not_repeated_as_a_bullet():
    text = "Springfield gets a tram\n\nThe council of Springfield voted for it on Monday evening at last."
    assert [bullet.text for bullet in pick_bullets(article(text))] == [
        "The council of Springfield voted for it on Monday evening at last."
    ]


@pytest.mark.parametrize("text", ["", "   \n\n", "…", "•", "?!"])
def test_a_text_without_words_has_no_bullets(text: str):
    assert pick_bullets(article(text)) == ()


def test_a_text_without_sentences_is_truncated_at_a_word():
    (bullet,) = pick_bullets(article("word " * 500))
    assert bullet.text.endswith("word …")
    assert len(bullet.text) <= 402
    assert ("word " * 500)[bullet.start : bullet.end].split() == bullet.text.split()[:-1]


@pytest.mark.parametrize("limit", [-1, 0])
def test_a_limit_of_zero_or_less_yields_no_bullets(limit: int):
    assert pick_bullets(article(points=("A point",)), limit=limit) == ()


@pytest.mark.parametrize(
    "text",
    [
        "东京今天下雨了。大阪的天气很好。京都有很多人。名古屋下雪了。",
        "今日は東京で雨が降った。大阪は晴れていた。京都には観光客が多い。名古屋では雪が降った。",
        "Сегодня в Москве шёл дождь. В Петербурге было солнечно. Мэр открыл новый мост. Туристы гуляли.",
        "أمطرت السماء اليوم في القاهرة. كان الجو جميلا في دمشق. افتتح العمدة جسرا جديدا. وصل السياح؟",
        "आज दिल्ली में बारिश हुई। मुंबई में धूप थी। मेयर ने नया पुल खोला। पर्यटक आए।",
        "Der Rat stimmte am 3. Mai zu. Sie kostet ca. 5 Mio. Euro. „Wir warten nicht“, sagte Dr. Roe. Der Bau beginnt.",
        "Le conseil a voté lundi. M. Roy a dit « non ». La ligne coûtera 3 millions d’euros. Le maire est parti.",
        "El consejo votó el lunes. La Sra. Roe dijo que no. La línea costará 3 millones. El alcalde se fue.",
        "Il consiglio ha votato lunedì. Il sig. Roe ha detto di no. La linea costerà 3 milioni. Il sindaco è partito.",
        "O conselho votou na segunda. O Sr. Roe disse que não. A linha custará 3 milhões. O prefeito saiu cedo.",
    ],
)
def test_picks_bullets_in_other_languages(text: str):
    bullets = pick_bullets(article(text, title=""))
    assert len(bullets) == 3
    assert all(bullet.text in text for bullet in bullets)


def test_texts_of_emoji_or_without_stops_do_not_raise():
    assert len(pick_bullets(article("ฝนตกวันนี้\nอากาศดีที่เชียงใหม่\nนักท่องเที่ยวมามาก", title=""))) == 3
    assert pick_bullets(article("🎉🎉🎉")) == ()
    assert [bullet.text for bullet in pick_bullets(article("🎉 We won the cup at last! 🚀"))] == [
        "🎉 We won the cup at last!"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Lesen Sie auch: Zehn Bahnen im Vergleich",
        "À lire aussi : les dix plus beaux trams",
        "Lea también: diez tranvías que cambiaron el mundo",
        "Leggi anche: dieci tram che hanno cambiato il mondo",
        "Leia também: dez bondes que mudaram o mundo",
        "This is a developing story and will be updated.",
        "Watch the tram leave the depot »",
        "Ann Writer contributed to this report.",
    ],
)
def test_links_and_notices_are_not_bullets(line: str):
    assert line not in [bullet.text for bullet in pick_bullets(article(f"{TEXT}\n{line}\n"), limit=20)]


@pytest.mark.parametrize(
    "dateline",
    [
        "(CNN)",
        "(CNN) -- ",
        "SPRINGFIELD, Ill. (AP) — ",
        "Berlin (dpa) - ",
        "PARIS, 3 mars (Reuters) - ",
        "Madrid (EFE).- ",
    ],
)
def test_removes_a_dateline(dateline: str):
    text = f"{dateline}The council approved a new tram line after two years of debate. It opens in 2029."
    assert pick_bullets(article(text), limit=1)[0].text.startswith("The council approved")


@given(st.text(max_size=300), st.text(max_size=30), st.lists(st.text(max_size=20), max_size=3), st.integers(0, 4))
def test_any_text_yields_valid_bullets(text: str, title: str, points: list[str], limit: int):
    bullets = pick_bullets(article(text, title=title, points=tuple(points)), limit=limit)
    assert len(bullets) <= limit
    for bullet in bullets:
        assert bullet.text == " ".join(bullet.text.split())
        assert any(map(str.isalnum, bullet.text))
        if bullet.origin == "extracted":
            assert 0 <= bullet.start < bullet.end <= len(text)
    assert bullets == pick_bullets(article(text, title=title, points=tuple(points)), limit=limit)


@pytest.mark.parametrize(
    "piece", ["Word ", "(CNN) -- ", "A B. ", "NEW YORK - ", "by A and ", "more " * 9 + ": ", "\n\n"]
)
def test_hostile_text_takes_linear_time(piece: str):
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    pick_bullets(article(text))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("line", "statement"),
    [
        ("(cnn) the council approved a new tram line.", "The council approved a new tram line."),
        ("' The council's new tram line was approved.", "The council's new tram line was approved."),
    ],
)
def test_removes_marks_and_labels_before_a_statement(line: str, statement: str):
    assert [bullet.text for bullet in pick_bullets(article(line))] == [statement]


@pytest.mark.parametrize(
    "line",
    [
        "Take a look at the video above to find out what the tram line costs the city.",
        "See how the tram line grew in the gallery above, from the first plans of the city to the opening.",
        "Pictured with the mayor, the driver of the tram line smiles for the cameras of the city.",
    ],
)
def test_captions_are_not_bullets(line: str):
    assert line not in [bullet.text for bullet in pick_bullets(article(f"{line}\n{TEXT}"), limit=20)]


def test_a_fragment_is_a_bullet_only_if_there_is_nothing_else():
    assert [bullet.text for bullet in pick_bullets(article("No. The council voted against the tram line. Look."))] == [
        "The council voted against the tram line."
    ]
    assert [bullet.text for bullet in pick_bullets(article("No way."))] == ["No way."]


@given(st.lists(st.sampled_from(SENTENCES), min_size=4, max_size=8, unique=True))
def test_the_chosen_three_score_at_least_as_high_as_any_other_three(sentences: list[str]):
    whole = article("\n".join(sentences), title="")
    candidates = list(candidate_sentences(whole, language="en"))
    subject = Subject("", [candidate.whole for candidate in candidates])
    shortened = [shorten_candidate(whole, candidate, language="en") for candidate in candidates]

    def worth(chosen: tuple[int, ...]) -> float:
        scores = sum(score_of(index, shortened[index], subject) for index in chosen)
        shared = [subject.worth_of(shortened[a].content & shortened[b].content) for a, b in combinations(chosen, 2)]
        return scores + repeat_penalty() * sum(shared)

    possible = [
        chosen
        for chosen in combinations(range(len(shortened)), 3)
        if not any(says_the_same(shortened[a], shortened[b]) for a, b in combinations(chosen, 2))
    ]
    picked = {bullet.text for bullet in pick_bullets(whole)}
    assert picked == {shortened[index].text for index in max(possible, key=worth)}


@pytest.mark.parametrize("opening", ["Three days later, the", "A year later the", "Minutes later, a"])
def test_an_opening_that_counts_from_another_sentence_is_dangling(opening: str):
    assert opens_dangling(f"{opening} bridge was closed".replace(",", "").lower().split())


@pytest.mark.parametrize(
    "opening", ["The mayor later resigned", "Police later found the car", "Later this week the mayor"]
)
def test_other_uses_of_later_are_not_dangling(opening: str):
    assert not opens_dangling(opening.lower().split())
