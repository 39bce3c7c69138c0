"""What each compression rule cuts from an invented sentence, and sentences that it must not cut."""

from __future__ import annotations

import pytest

from digest.editing.compression import compress, kept_spans

_SHORTENED = {
    # asides
    "The Harbour Trust (which runs nine ferries) has closed the old pier at Marlow for good.": (
        "The Harbour Trust has closed the old pier at Marlow for good."
    ),
    "The new bridge -- the longest in the valley -- was opened by the mayor of Marlow this spring.": (
        "The new bridge was opened by the mayor of Marlow this spring."
    ),
    "Anna Berg, 34, was elected to the board of the Marlow harbour with two thirds of the votes.": (
        "Anna Berg was elected to the board of the Marlow harbour with two thirds of the votes."
    ),
    "Anna Berg, 34, who joined the firm in spring, was elected to the board of the Marlow harbour.": (
        "Anna Berg was elected to the board of the Marlow harbour."
    ),
    "The ferry, which carries cars and lorries, has crossed the bay twice a day since the spring.": (
        "The ferry has crossed the bay twice a day since the spring."
    ),
    "The ferry, which sails from Marlow, Ontario, has crossed the bay twice a day since the spring.": (
        "The ferry has crossed the bay twice a day since the spring."
    ),
    "Anna Berg, a former nurse from Lund, has won the race around the lake for the third time.": (
        "Anna Berg has won the race around the lake for the third time."
    ),
    "Anna Berg, a former nurse whose father sailed, has won the race around the lake for the third time.": (
        "Anna Berg has won the race around the lake for the third time."
    ),
    "The bridge, built by a Danish firm, was opened by the mayor of Marlow this spring.": (
        "The bridge was opened by the mayor of Marlow this spring."
    ),
    # lead-ins
    "However, the council of Marlow has decided to keep the old pier open for another ten years.": (
        "The council of Marlow has decided to keep the old pier open for another ten years."
    ),
    "On Monday, the council of Marlow decided to keep the old pier open for another ten years.": (
        "The council of Marlow decided to keep the old pier open for another ten years."
    ),
    "In a letter to its members, the sailing club said the old pier had cost it ten thousand euros.": (
        "The sailing club said the old pier had cost it ten thousand euros."
    ),
    "Speaking to members in Lund, Anna Berg said the old pier had cost the club ten thousand euros.": (
        "Anna Berg said the old pier had cost the club ten thousand euros."
    ),
    "After two days of talks in Lund, the council of Marlow agreed to sell the old pier to the club.": (
        "The council of Marlow agreed to sell the old pier to the club."
    ),
    # days
    "The council of Marlow decided on Monday to keep the old pier open for another ten years.": (
        "The council of Marlow decided to keep the old pier open for another ten years."
    ),
    "The council of Marlow met all the clubs on Monday morning; one of them asked for “far too much” money.": (
        "The council of Marlow met all the clubs; one of them asked for “far too much” money."
    ),
    "The council of Marlow said Monday that the old pier had been open for more than ten years.": (
        "The council of Marlow said that the old pier had been open for more than ten years."
    ),
    "The council of Marlow said in a statement on Monday that the old pier had been open for ten years.": (
        "The council of Marlow said that the old pier had been open for ten years."
    ),
    # attributions
    "Three people were killed when a bus left the road near Marlow in heavy rain, police said on Sunday.": (
        "Three people were killed when a bus left the road near Marlow in heavy rain."
    ),
    "Police said on Sunday that three people were killed near Marlow when a bus left the road in heavy rain.": (
        "Three people were killed near Marlow when a bus left the road in heavy rain."
    ),
    "The old pier was visited by nine thousand people last summer, according to figures from the council.": (
        "The old pier was visited by nine thousand people last summer."
    ),
    # clauses at the end
    "The council of Marlow has sold the old pier to a sailing club, which paid ten thousand euros for it.": (
        "The council of Marlow has sold the old pier to a sailing club."
    ),
    "The council of Marlow has sold the old pier to the club, leaving swimmers with one small beach.": (
        "The council of Marlow has sold the old pier to the club."
    ),
    "The council of Marlow sold the old pier to the club, a move that surprised everyone in the town.": (
        "The council of Marlow sold the old pier to the club."
    ),
    "The council of Marlow sold the old pier to the club, and the swimmers were given a small beach.": (
        "The council of Marlow sold the old pier to the club."
    ),
    "The council of Marlow sold the old pier to the club; the swimmers were given a small beach.": (
        "The council of Marlow sold the old pier to the club."
    ),
    "The council of Marlow sold the old pier to the club -- the first sale of the kind in the valley.": (
        "The council of Marlow sold the old pier to the club."
    ),
    "The council of Marlow has to pay for the upkeep of nine piers, including one that burned down in spring.": (
        "The council of Marlow has to pay for the upkeep of nine piers."
    ),
    "The council of Marlow sold the old pier to the club, despite protests by swimmers from the whole valley.": (
        "The council of Marlow sold the old pier to the club."
    ),
}


@pytest.mark.parametrize(("sentence", "statement"), _SHORTENED.items())
def test_cuts_clauses_that_do_not_carry_the_news(sentence: str, statement: str) -> None:
    assert statement == compress(sentence)


_LEFT_ALONE = {
    "negation": "The pier, which has never been safe and is not insured, was closed by the council of Marlow.",
    "condition": "The council of Marlow will close the old pier, unless the sailing club finds another buyer for it.",
    "hedge": "The old pier has been sold to the sailing club, reportedly for a sum of ten thousand euros.",
    "restriction": "The new rules for the pier apply to all the clubs, except the one that owns the boats.",
    "contrast": "The council of Marlow sold the old pier to the sailing club, but the sale was never signed.",
    "although": "The council of Marlow sold the old pier to the sailing club, although nobody had asked for it.",
    "reversal": "The mayor of Marlow was charged with fraud, and the court acquitted him of it a year later.",
    "deaths": "A wall fell onto a car outside the harbour of Marlow, killing two sisters and their young cousin.",
    "accusation": "The driver of the bus stole the money from the harbour and threatened a clerk, police said.",
    "attributed accusation": "Police said that the driver of the bus threatened a clerk of the harbour with a knife.",
    "denial": "The engine of the bus did not fail on the day of the crash near the harbour of Marlow, officials said.",
    "forecast": "The number of ferries to the islands will double in the course of the next decade, officials said.",
    "opinion": "The old pier is the best place for a swim in the whole of the valley, officials of the town said.",
    "named speaker": "The old pier was sold to the sailing club for ten thousand euros, Anna Berg said in the end.",
    "statement to an agency": "The man in the boat was the keeper of the lighthouse, his old headmaster told Reuters.",
    "exception in brackets": "The keeper of the lighthouse has sailed to all the islands (minus one) in a year.",
    "party to a dispute": "The old pier was sold to the club for a tenth of its worth, a lawyer for the club said.",
    "study": "People who swim every morning sleep an hour longer than others, according to a study of the club.",
    "quotation": "“The pier, which we all loved, has been sold to the club, as everyone knows,” said Anna Berg.",
    "future day": "The council of Marlow will decide on Monday about the future of the old pier in the harbour.",
    "span of days": "The old pier of Marlow was closed from Monday to Friday for the repair of its wooden planks.",
    "day in a name": "The shops in the harbour of Marlow sold more on Black Friday than in the whole of the spring.",
    "list": "The storm took the lives of a fisherman from the islands, a nurse from Lund and a small child.",
    "list of people": "A teacher, a nurse, a driver and a clerk were elected to the board of the harbour of Marlow.",
    "place and state": "The company was founded in Springfield, Illinois, and moved to the harbour of Marlow.",
    "date": "On March 24, 2015, the council of Marlow sold the old pier to the sailing club for ten thousand.",
    "leading year": "In 1998, the council of Marlow sold the old pier to the sailing club for ten thousand euros.",
    "leading scope": "In Norway, drivers of electric cars have paid no toll on bridges and tunnels for twenty years.",
    "antecedent": "When Anna Berg arrived at the harbour of Marlow, she was welcomed by the whole sailing club.",
    "main clause between commas": (
        "If an agreement is reached, the attention of the region will turn to the islands, in the hope of more."
    ),
    "in addition to": "In addition to the two fatalities, there are nine people in the hospital of the islands.",
    "subject after a comma": "In the harbour of Marlow, once the largest of the valley, boats are rare in spring.",
    "verb after a list": "Fishing, sailing and swimming were the things that the children of the islands liked most.",
    "content of a statement": (
        "The driver told the police of Marlow in a long written statement that he had left the bus at nine "
        "o'clock in the morning and walked home to his family along the river."
    ),
    "question": "Will the old pier, which the council of Marlow has sold to the sailing club, be open in spring?",
    "headline": "Old pier sold to sailing club, leaving swimmers with one small beach in the harbour of Marlow",
    "comparison": (
        "The reasons why the people of the islands sail across the bay to the harbour of Marlow are as many and as "
        "varied as the islands themselves are."
    ),
    "cleft": "It was the keeper of the lighthouse, who had sailed all his life, that saw the small boat first.",
    "speaker after a quotation": "“The pier is a part of us,” Anna Berg, who had sailed there, told the meeting.",
    "speaker between commas": "After the sale of the pier, members say, a letter from the club made the matter worse.",
    "aside": "Four men of the club were fined, but its clerk -- a man of forty -- was at sea on that day.",
    "interview": "The pier of Marlow was sold too soon, the clerk said in an interview with the town's paper.",
    "list after a lead-in": "After Anna Berg, Ida Holm and Per Lund were crowned, the club named the others.",
    "adjectives": "As the keeper's long, hopeful shot floated over the pier, the children of Marlow shook their heads.",
    "interruption": "The small ferry was carrying forty people to the islands, when it caught fire in the harbour.",
    "half a quotation": "“We loved the old pier, which the council has sold to the club, dearly.",
    "few words": "The pier, which burned, was rebuilt on Monday.",
}


@pytest.mark.parametrize("sentence", _LEFT_ALONE.values(), ids=_LEFT_ALONE)
def test_keeps_clauses_without_which_a_sentence_would_be_untrue(sentence: str) -> None:
    assert sentence == compress(sentence)


@pytest.mark.parametrize(
    ("language", "sentence", "statement"),
    [
        (
            "de",
            "Bei dem Unfall an der Brücke (Kreis Lund) wurden drei Menschen leicht verletzt, teilte die Polizei mit.",
            "Bei dem Unfall an der Brücke wurden drei Menschen leicht verletzt.",
        ),
        (
            "fr-FR",
            "Lundi, le conseil de la ville a vendu la vieille jetée du port à un club de voile, a indiqué la mairie.",
            "Le conseil de la ville a vendu la vieille jetée du port à un club de voile.",
        ),
        (
            "es",
            "El lunes, el consejo de la ciudad vendió el viejo muelle del puerto a un club, informó la empresa.",
            "El consejo de la ciudad vendió el viejo muelle del puerto a un club.",
        ),
        (
            "it",
            "Lunedì, il consiglio della città ha venduto il vecchio molo del porto a un club, ha riferito la polizia.",
            "Il consiglio della città ha venduto il vecchio molo del porto a un club.",
        ),
        (
            "pt",
            "Na segunda-feira, o conselho da cidade vendeu o velho cais do porto a um clube, informou a prefeitura.",
            "O conselho da cidade vendeu o velho cais do porto a um clube.",
        ),
    ],
)
def test_cuts_safe_clauses_in_other_languages(language: str, sentence: str, statement: str) -> None:
    assert statement == compress(sentence, language=language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Der Fahrer soll am Abend auf der Brücke eine Frau aus Lund bedroht haben, teilte die Polizei mit."),
        ("de", "Die alte Brücke im Hafen von Lund (nicht die neue) wird im Frühling von der Stadt verkauft."),
        ("fr", "Le chauffeur aurait menacé une femme de la ville avec un couteau dans la soirée, a indiqué la police."),
        ("es", "El lunes, el consejo de la ciudad no venderá el viejo muelle del puerto a un club de vela."),
        ("nl", "De gemeente heeft de oude steiger (uit 1901) op maandag aan een zeilclub verkocht, zei de politie."),
        ("und", "The council of Marlow (in Lund) has sold the old pier to the sailing club, police said on Monday."),
        (None, "De gemeente heeft de oude steiger (uit 1901) op maandag aan een zeilclub verkocht, meldt de politie."),
        (None, "市议会周一决定把旧码头卖给帆船俱乐部。"),
    ],
)
def test_keeps_unsafe_clauses_in_other_languages(language: str | None, sentence: str) -> None:
    assert sentence == compress(sentence, language=language)


def test_the_span_ends_with_the_last_kept_word_if_a_tail_is_cut() -> None:
    sentence = (
        "However, the council of Marlow has sold the old pier to the club,\nleaving swimmers with one small beach."
    )
    spans = kept_spans(sentence)
    assert sentence[spans[0][0] : spans[-1][1]] == "the council of Marlow has sold the old pier to the club"
    assert compress(sentence) == "The council of Marlow has sold the old pier to the club."


def test_the_full_stop_of_an_abbreviation_is_not_doubled() -> None:
    sentence = "The council of Marlow has sold the old pier to the boat builders of Berg Inc., who want a second one."
    assert compress(sentence) == "The council of Marlow has sold the old pier to the boat builders of Berg Inc."


def test_the_span_holds_the_final_stop_if_the_end_is_kept() -> None:
    sentence = "The ferry, which carries cars, has  crossed the bay twice a day since the spring."
    spans = kept_spans(sentence)
    assert (0, len(sentence)) == (spans[0][0], spans[-1][1])
    assert compress(sentence) == "The ferry has crossed the bay twice a day since the spring."
