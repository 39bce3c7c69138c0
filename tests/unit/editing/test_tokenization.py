"""The tokens by which texts are compared, in any script."""

# ruff: noqa: RUF001, E501 - other scripts have their own punctuation, and their characters count twice in a line

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import Article, group_articles
from digest.editing.grouping import separate_stories
from digest.editing.text_similarity import find_copies
from digest.editing.tokenization import content_terms, is_unspaced, terms_of, word_count, words_of

DAY = datetime(2026, 11, 18, 8, tzinfo=UTC)

CHINESE = [
    ("市议会批准新电车线路", "市议会周一经过两年的辩论批准了一条新的电车线路。该线路将从港口通往大学，耗资三亿美元，其中一半由州政府承担。市长称这是该市历史上最大的项目。"),
    ("蜜蜂疫苗试验显示希望", "研究人员测试了一种保护蜜蜂免受螨虫侵害的疫苗。他们周三表示，在四十个蜂箱的试验中，冬季损失减少了三分之一。疫苗与糖一起喂给蜂王。"),
    ("中央银行再次加息", "中央银行周四将利率上调四分之一个百分点以对抗通货膨胀。行长表示，今年内可能还会有进一步的加息。经济学家说，这一决定并不令人意外。"),
    ("老石桥修复后重新开放", "经过六年的修复，河上的石桥重新向行人开放。市长在仪式上表示，这座桥是该市的象征。工程师说，修复工作耗资四千万美元。"),
]  # fmt: skip
JAPANESE = [
    ("市議会、新しい路面電車を承認", "市議会は月曜日、二年間の議論の末、新しい路面電車の路線を承認した。路線は港から大学まで走り、費用は三億ドルで、半分を州が負担する。"),
    ("ミツバチのワクチンに期待", "研究者は、ミツバチをダニから守るワクチンを試験した。四十の巣箱で冬の損失が三分の一減ったと水曜日に発表した。女王蜂に砂糖と一緒に与えられる。"),
    ("石橋が再開", "六年間の修復を終え、川の石橋が歩行者に再び開放された。市長は式典で、この橋は市の象徴だと述べた。技術者によると修復には四千万ドルかかった。"),
]  # fmt: skip
THAI = [
    ("สภาเมืองอนุมัติรถรางสายใหม่", "สภาเมืองอนุมัติรถรางสายใหม่เมื่อวันจันทร์หลังจากถกเถียงกันมาสองปี เส้นทางจะวิ่งจากท่าเรือไปยังมหาวิทยาลัยและใช้งบประมาณสามร้อยล้านดอลลาร์"),
    ("วัคซีนผึ้งให้ความหวัง", "นักวิจัยทดสอบวัคซีนที่ปกป้องผึ้งจากไร การทดลองในรังผึ้งสี่สิบรังพบว่าการสูญเสียในฤดูหนาวลดลงหนึ่งในสาม วัคซีนให้กับนางพญาพร้อมน้ำตาล"),
    ("ธนาคารกลางขึ้นดอกเบี้ยอีกครั้ง", "ธนาคารกลางขึ้นอัตราดอกเบี้ยเมื่อวันพฤหัสบดีเพื่อต่อสู้กับเงินเฟ้อ ผู้ว่าการกล่าวว่าอาจมีการขึ้นอีกในปีนี้"),
]  # fmt: skip
ARABIC = [
    ("المجلس يوافق على خط الترام", "وافق مجلس المدينة يوم الاثنين على خط ترام جديد بعد عامين من النقاش. سيمتد الخط من الميناء إلى الجامعة ويكلف ثلاثمئة مليون دولار."),
    ("لقاح للنحل يبشر بالخير", "اختبر باحثون لقاحا يحمي نحل العسل من العث. انخفضت خسائر الشتاء بمقدار الثلث في أربعين خلية، كما قالوا يوم الأربعاء."),
]  # fmt: skip


def reports(texts: list[tuple[str, str]]) -> list[Article]:
    return [
        Article(url=f"https://outlet{number}.example/", title=title, text=text, published=DAY)
        for number, (title, text) in enumerate(texts)
    ]


@pytest.mark.parametrize("texts", [CHINESE, JAPANESE, THAI, ARABIC], ids=["zh", "ja", "th", "ar"])
def test_separates_different_stories_in_one_script(texts: list[tuple[str, str]]):
    articles = reports(texts)
    assert group_articles(articles) == [[article] for article in articles]


@pytest.mark.parametrize("texts", [CHINESE, JAPANESE, THAI, ARABIC], ids=["zh", "ja", "th", "ar"])
def test_finds_a_partial_copy_with_another_title(texts: list[tuple[str, str]]):
    articles = reports(texts)
    again = [
        Article(url=f"https://copy{number}.example/", title="2026", text=text[: len(text) * 4 // 5], published=None)
        for number, (_, text) in enumerate(texts)
    ]
    assert group_articles([*articles, *again]) == [list(pair) for pair in zip(articles, again, strict=True)]


def test_groups_two_chinese_reports_on_one_event():
    other = "周一，市议会投票批准建设电车，连接港口和大学。项目造价三亿美元，州政府支付一半。市长说这是城市历史上最大的工程。"
    groups = group_articles(reports([*CHINESE, ("港口电车获批", other)]))
    assert [len(group) for group in groups] == [2, 1, 1, 1]


def test_a_call_to_read_on_does_not_make_articles_copies():
    line = "点击阅读全文，了解更多精彩内容。"
    first, second = (Article(url=f"https://{n}.example/", title=CHINESE[n][0], text=line) for n in (0, 1))
    assert list(find_copies([first, second])) == []
    assert separate_stories(group_articles([first, second])) == [[first], [second]]


def test_splits_words_and_cuts_unspaced_scripts_into_n_grams():
    assert terms_of("The Mayor’s 3 trams") == words_of("The Mayor's 3 trams")
    assert terms_of("新电车X5号") == ["新电", "电车", "x5", "号"]
    assert terms_of("हिन्दी में") == ["हिन्दी", "में"]
    assert terms_of("Cafe\u0301 ＡＢＣ") == ["café", "abc"]
    assert terms_of("🎉🎉 — …") == []


def test_content_terms_are_stems_without_stop_words():
    assert content_terms("The striking nurses' 2026 demands") == ["striki", "nurses", "2026", "demand"]
    assert content_terms("電車を承認した") == ["電車", "承認"]


def test_counts_words_in_any_script():
    assert word_count("one two three") == 3
    assert word_count("市议会批准新电车线路") == 6
    assert (is_unspaced("ok 市"), is_unspaced("naïve"), is_unspaced("plain")) == (True, False, False)


@given(st.text(max_size=200))
def test_any_text_can_be_tokenized(text: str):
    assert all(terms_of(text))
    assert all(content_terms(text))
    assert word_count(text) >= 0
