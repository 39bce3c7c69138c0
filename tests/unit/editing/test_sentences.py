"""Splitting text into sentences, in English and other languages."""

# ruff: noqa: RUF001 - typographic quotes and other scripts are intended

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editing.language_data import abbreviations
from digest.editing.sentences import _BOUNDARY, _Block, split_sentences


def split(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["He left at 5 p.m.", "Nobody spoke.", "It rained."],
        ["It was a dark day in our history, and the world's.", "Young children ran.", "M. Roe stayed."],
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
        ["John F. Kennedy was shot in Dallas.", "Lyndon B. Johnson took over."],
        ["George W. Bush spoke to J.R.R. Tolkien fans.", "Nobody laughed."],
        ["The meeting ended at 11:30 p.m.", "Police arrived soon after."],
        ["Doors open at 7 p.m. EST on Friday.", "Tickets are free."],
        ["It starts at 8 a.m. Monday.", "Bring a coat."],
        ["He lives in Washington, D.C.", "His wife does not."],
        ["He moved to Washington, D.C. Tuesday after the vote.", "She stayed."],
        ["The U.S. Supreme Court ruled on it.", "Congress had asked."],
        ["He works for the U.N. Security Council.", "She works for NATO."],
        ["The U.K. Treasury said so.", "Markets fell."],
        ["It was signed by the E.U.", "The vote was close."],
        ["She ranked No. 10 in the world.", "He was No. 2."],
        ["Bus No. 7 stopped.", "No. 8 did not."],
        ["Wait ... there is more.", "Listen."],
        ["He paused … and went on.", "Then he stopped."],
        ["“I was … surprised,” she said.", "He nodded."],
        ["“I don't know . . . maybe,” he said.", "She left."],
        ['"We won," he said.', '"It was close."'],
        ['"We won!" he said.', "They had lost before."],
        ['"Are you sure?" the judge asked.', "He was."],
        ['"Stop!" shouted the guard.', "The man ran."],
        ["“What now?” Smith said.", "Nobody knew."],
        ['"It is over."', "He left the room."],
        ['He said: "I quit."', "Then he went home."],
        ['He said, "Why?"', "She did not answer."],
        ["(The company declined to comment.)", "Shares fell."],
        ["The plan (see p. 12) failed.", "Another (see Fig. 3) worked."],
        ["The firm (Acme Inc.) closed.", "Its rivals did not."],
        ["Apple Inc. said it would hire.", "Google did too."],
        ["He founded Acme Inc.", "The company grew."],
        ["Ford Motor Co. and Smith Bros. Ltd. merged.", "Workers protested."],
        ["Shares of Dow Jones & Co. rose.", "Others fell."],
        ["The stock rose 3.5 percent to $12.40.", "It had fallen."],
        ["It cost $3.", "5 million people paid."],
        ["Visit www.example.com.", "It is free."],
        ["Write to press@example.com.", "We answer."],
        ["See https://www.example.com/a.b?c=d.", "Then call."],
        ["He wrote it in ASP.NET and Node.js.", "It crashed."],
        ["The .NET team met.", "Version 4.5.1 shipped."],
        ["Use some fruit, e.g. Apples or pears.", "Cook it."],
        ["One of them, i.e. Smith, left.", "The others stayed."],
        ["They met in St. Louis.", "Mt. Everest was next."],
        ["He lives on Main St.", "The house is red."],
        ["St. John's won.", "St. Mary's lost."],
        ["Dr. Ann Lee, Ph.D., spoke.", "Prof. Roe listened."],
        ["She holds a Ph.D.", "She teaches."],
        ["Martin Luther King Jr. Day is in January.", "Schools close."],
        ["It honours Martin Luther King Jr.", "The crowd cheered."],
        ["Gov. Jerry Brown and Lt. Gov. Gavin Newsom met.", "They agreed."],
        ["Gen. Smith, Col. Roe and Sgt. Lee died.", "Capt. Fox lived."],
        ["Brown v. Board of Education was decided.", "Roe v. Wade followed."],
        ["Arsenal vs. Chelsea was dull.", "Nobody scored."],
        ["The storm hit Miami, Fla., on Aug. 24.", "Thousands fled."],
        ["He was born on Sept. 11, 1973.", "She was born in Dec.", "They met in 2001."],
        ["He grew up in Calif. and moved to Tex. later.", "He stayed."],
        ["They sell pens, paper, etc.", "The shop is small."],
        ["Pens, paper, etc. are sold here.", "Come in."],
        ["Who won?", "Nobody knows!", "Really?!", "Yes."],
        ["eBay fell.", "iTunes grew.", "macOS did not."],
        ["The deal closed.", "The stock rose."],
        ["In 1999.", "Then in 2001."],
        ["It grew by 5 per cent.", "That was in 2010.", "2011 was worse."],
        ["The 3 a.m. call woke him.", "He got up."],
        ["Item 4.2.1 applies.", "Rule 5(a) does not."],
        ["He said he was “tired.”", "She agreed."],
        ["He called it ‘a mistake’.", "She agreed."],
        ["'I can't,' he said.", "'Why not?' she asked.", "'Because.'"],
        ["I. Newton saw it.", "A. Einstein saw more."],
        ["It was he and I.", "The rest had left."],
        ["This is plan B.", "The first one failed."],
        ["He got a vitamin C.", "It helped."],
        ["X-ray of Mr. T. showed it.", "He lived."],
        ["Rep. Nancy Pelosi, D-Calif., and Sen. Mitch McConnell, R-Ky., met.", "It failed."],
        ["Jay-Z and Will.i.am sang.", "P!nk did not."],
        ["Guess who?", "Jeopardy! host Alex Trebek."],
        ["The group Wham! and the band Panic! at the Disco played.", "Fans came."],
        ["He arrived at approx. 10 p.m. and left.", "Nobody saw him."],
        ["Temperatures hit 40 deg. C. in Spain.", "It was hot."],
        ["The U.S.-led force left.", "The U.S.'s role ended."],
        ["He served in the U.S. Army.", "She served in the U.S. Navy."],
        ["He was in the U.S.", "He left in May."],
        ["The F.B.I. and the C.I.A. agreed.", "The F.B.I. Director spoke."],
        ["Mr. and Mrs. Smith v. Jones et al. was heard.", "They won."],
        ["The vote (51-49) passed.", "“A great day!” Trump tweeted.", "Others disagreed."],
        ["Oh no!", "“Help!”", "“Who is it?”", "“Me.”"],
        ["She said: “Go.", "Now.", "Please.”", "He went."],
        ["Ms. Lee said the U.S.S.R. fell.", "It did."],
        ["The book, vol. 3, pp. 12-14, is rare.", "It sold."],
        ["At 6 p.m. Mr. Roe left.", "At 7 p.m. he came back."],
        ["He makes $5 million a yr. at the firm.", "She makes more."],
        ["It opened at 10.", "20 people came."],
        ["Was it over?", "“Yes,” he said."],
        ["The suspect fled.", "[Police followed.]", "He was caught."],
        ["Asked why, he said, “Because.”", "“Nonsense,” she said."],
        ["• One point here.", "• Another one there."],
        ["Is it No. 1?", "Yes, it is No. 1.", "The rest follow."],
        ["Kim Jong Un.", "North Korea."],
        ["He drove on I-95.", "Route No. 5 was closed."],
        ["Lt. Col. Oliver North spoke to Maj. Gen. Roe at 5 a.m. Sunday.", "They agreed."],
        ["Her name is Mary J. Blige.", "His is Samuel L. Jackson."],
        ["She got an A.", "He got a B."],
        ["The town of St. Albans, pop. 80,000, voted.", "Turnout was low."],
    ],
)
def test_splits_english(sentences: list[str]):
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("东京下雨了。他们走了!好。", ["东京下雨了。", "他们走了!好。"]),
        ("यह वाक्य है। यह दूसरा है।", ["यह वाक्य है।", "यह दूसरा है।"]),
        ("هل هذا سؤال؟ نعم.", ["هل هذا سؤال؟", "نعم."]),
        ("The war ended.The peace began.", ["The war ended.", "The peace began."]),
        ("The deal closed.The stock rose.", ["The deal closed.", "The stock rose."]),
        ('It ended at noon."We won," he said.', ["It ended at noon.", '"We won," he said.']),
        ("The mayor left (see below).He came back.", ["The mayor left (see below).", "He came back."]),
        ("It rose 5%.The rest fell.", ["It rose 5%.", "The rest fell."]),
        ("He was 42.She was 40.", ["He was 42.", "She was 40."]),
        ("“I quit.”He left.", ["“I quit.”", "He left."]),
        ("Go to Example.Com now. It works.", ["Go to Example.Com now.", "It works."]),
        (
            "the war was over. the troops went home. nobody cheered.",
            ["the war was over.", "the troops went home.", "nobody cheered."],
        ),
        ("“Weiter so.“ Er ging.", ["“Weiter so.“", "Er ging."]),
        ("雨だ。「本当？」彼は笑った。", ["雨だ。", "「本当？」", "彼は笑った。"]),
        ("Он пришёл поздно. Дождь шёл.", ["Он пришёл поздно.", "Дождь шёл."]),
        ("ฝนตกวันนี้ อากาศดี", ["ฝนตกวันนี้ อากาศดี"]),
        ("Great news 🎉! 🚀 We won.", ["Great news 🎉!", "🚀 We won."]),
        (
            "The ministry said on Monday that\nit had no plans to do so.",
            ["The ministry said on Monday that\nit had no plans to do so."],
        ),
        ("A heading\nThe text begins. It ends.", ["A heading", "The text begins.", "It ends."]),
        ("No stop here\n\nnor there", ["No stop here", "nor there"]),
    ],
)
def test_splits_other_languages_at_stops_and_lines(text: str, sentences: list[str]):
    assert split(text) == sentences


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("de", ["Am 3. Oktober 2025 kam Dr. Meier z.B. nach Köln.", "Das war der 19. Besuch."]),
        ("de", ["Es kostet ca. 5 Mio. Euro.", "Die Firma zahlt."]),
        ("de-AT", ["„Das ist gut.“", "Er ging nach Hause."]),
        ("de", ["»Warum?«, fragte sie.", "Er schwieg."]),
        ("de", ["Nr. 10 ist die beste.", "Wir sind im 21. Jahrhundert."]),
        ("de", ["Sie wohnt in St. Gallen, d.h. in der Schweiz.", "Er nicht."]),
        ("fr", ["M. Dupont et Mme. Roy sont venus.", "Ils sont repartis."]),
        ("fr", ["« C’est fini. »", "Il est parti dans la nuit."]),
        ("fr", ["Cela date de 50 av. J.-C. environ.", "C’est vieux."]),
        ("fr", ["Il a acheté des pommes, des poires, etc.", "Elle est venue."]),
        ("es", ["El Sr. García y la Sra. López llegaron.", "¿Qué pasó?", "¡Nada!"]),
        ("es", ["Viven en EE. UU. desde 2010.", "Es su casa."]),
        ("es", ["Está en la pág. 12 del libro.", "El núm. 3 no está."]),
        ("it", ["Il sig. Rossi e la dott.ssa Bianchi sono arrivati.", "È tardi."]),
        ("it", ["L’art. 5 della legge è chiaro.", "Non si discute."]),
        ("it", ["La S.p.A. ha chiuso.", "«Basta!», ha detto."]),
        ("pt", ["O Sr. Silva e a Dra. Costa não vieram.", "Ele está doente."]),
        ("pt-BR", ["Fica na Av. Paulista, n. 10, em São Paulo.", "É longe da praia."]),
    ],
)
def test_splits_five_more_languages(language: str, sentences: list[str]):
    assert sentences == [each.text for each in split_sentences(" ".join(sentences), language=language)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Der Minister kam mit Dr. Meier nach Bonn. Er blieb nicht.", 2),
        ("Le ministre est venu avec M. Roy. Il est reparti dans la nuit.", 2),
        ("El ministro llegó con la Sra. López. Se fue por la noche.", 2),
        ("Il ministro è arrivato con il sig. Rossi. Non è rimasto.", 2),
        ("O ministro não veio com o Sr. Silva. Ele está em casa.", 2),
    ],
)
def test_detects_the_language_by_its_short_words(text: str, sentences: int):
    assert sentences == len(split_sentences(text))


def test_joins_hard_wrapped_lines():
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
def test_hostile_text_takes_linear_time(piece: str):
    text = piece * (300_000 // len(piece))
    began = time.process_time()
    split_sentences(text)
    assert time.process_time() - began < 5


@given(st.lists(st.sampled_from([*"aA1.!? \n'", "Monday", "Calif", "approx", "p.m", "Mr", "council"]), max_size=30))
def test_the_fast_path_agrees_with_the_full_rules(pieces: list[str]):
    text = " ".join(pieces).replace(" .", ".")
    block = _Block(text, 0, len(text), abbreviations("en"))
    for match in _BOUNDARY.finditer(text):
        if block._ends_plainly(match.start(), match.end()):
            assert block._is_end(match)
