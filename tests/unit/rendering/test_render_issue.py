from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html as lxml_html

from digest.errors import RenderError, UsageError
from digest.models import NEW_SECTION, Article, Bullet, Candidate, Mention, Section, Story, canonical_url
from digest.providers.sendgrid import SendGridSettings

THEME = Path(__file__).parents[3] / "templates"


def tree(rendered):
    return lxml_html.document_fromstring(rendered.html.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))


def story(url="https://a.example/1", headline="One", *texts, **fields):
    return Story(
        url=url, headline=headline, candidates=tuple(Candidate(bullet=Bullet(text=text)) for text in texts), **fields
    )


def stories(issue, *given, **section):
    return replace(issue, sections=(Section(stories=given, **section),))


def words(element):
    return " ".join(element.text_content().split())


def test_rendering_again_gives_the_same_bytes_and_token(render):
    assert render() == render()


def test_the_clock_affects_only_not_after(render, articles):
    now = articles[next(iter(articles))].published
    early, late = render(now=now), render(now=now + timedelta(days=30))
    assert (early.html, early.text) == (late.html, late.text)
    assert early.token != late.token


def test_line_numbers_do_not_change_the_email(render, issue):
    assert render(issue=replace(issue, lines={"subject": 9})) == render()


def test_the_manifest_names_sender_audience_and_provider(render):
    manifest = render().manifest
    assert manifest.sender == "Harbour Letter <news@example.org>"
    assert (manifest.audience, manifest.audience_where) == ("weekly", "city == 'Bremen'")
    assert (manifest.provider, manifest.unsubscribe) == ("outbox", "https://example.org/u/{token}")
    assert manifest.stories == ("https://news.example/tide?page=2", "https://blog.example/solo")


@pytest.mark.parametrize(
    "tag", ["<%asm_preferences_raw_url%>", "<% asm_global %>", "*|UNSUB|*", "%unsubscribe_url%", "%recipient.name%"]
)
def test_a_mail_services_own_tags_are_text(render, issue, tag):
    said = f"Put {tag} at the end"
    url = f"https://a.example/1?x={tag.strip('<> ')}"
    rendered = render(issue=replace(stories(issue, story(url, said)), subject=said))
    assert tag not in rendered.text
    assert tag not in rendered.html
    assert url.replace(" ", "%20") in tree(rendered).xpath("//a/@href")
    assert tag in rendered.text.replace("\u2060", "")
    assert rendered.manifest.subject.replace("\u2060", "") == said != rendered.manifest.subject
    assert "<%" not in rendered.html
    assert tag in tree(rendered).text_content()


def test_with_an_unsubscribe_group_sendgrid_hosts_the_page(render, config):
    delivery = config.delivery.model_copy(update={"provider": "sendgrid"})
    providers = config.providers.model_copy(update={"sendgrid": SendGridSettings(unsubscribe_group=12345)})
    grouped = config.model_copy(update={"delivery": delivery, "providers": providers})
    assert render(config=grouped).manifest.unsubscribe == "group:12345"
    assert render(config=config.model_copy(update={"providers": providers})).manifest.unsubscribe.startswith("https://")


def test_the_unsubscribe_tag_survives_rendering_and_is_listed(render):
    rendered = render()
    (tag,) = rendered.manifest.tags
    assert [tag.tag] == [link for link in tree(rendered).xpath("//a/@href") if link.startswith("digest-")]
    assert f"\n{tag.tag}\n" in rendered.text
    assert all(rendered.html[place:].startswith(f'{tag.tag}"') for place in tag.html)
    assert len(tag.html) == len(tag.text) == 1


def test_the_headings_are_name_sections_and_stories(render):
    page = tree(render())
    headings = [(element.tag, words(element)) for element in page.xpath("//h1|//h2|//h3")]
    assert headings == [
        ("h1", "Harbour Letter"),
        ("h2", "World"),
        ("h3", "Towns make peace with the tide"),
        ("h3", "One woman keeps the radio on air 👩‍💻"),
    ]


def test_headlines_are_one_level_higher_without_a_section_title(render, issue):
    page = tree(render(issue=stories(issue, story())))
    assert [element.tag for element in page.xpath("//h1|//h2|//h3")] == ["h1", "h2"]


def test_bullets_are_a_list(render):
    page = tree(render())
    assert [words(item) for item in page.xpath("//ul/li")] == [
        "Streets may flood twice a year",
        "Claims fell by 41 %",
        "Not on steep coasts",
    ]


def test_a_story_names_its_source_authors_and_day(render):
    page = tree(render())
    assert [words(p) for p in page.find_class("meta")][1:] == ["17 November · Mara Lind, Jon Ek and 1 more"]
    read = [(words(p), p.find("a").get("href")) for p in page.find_class("read")]
    assert read == [
        ("Read at Harbour News", "https://news.example/tide?utm_source=rss&page=2"),
        ("Read at blog.example", "https://blog.example/solo"),
    ]


def test_a_story_links_the_other_publishers(render, issue):
    also = (
        Mention(name="Tide\n<daily>", url="https://b.example/1?a=b&c=d"),
        Mention(name="C", url="https://c.example/" + "long/" * 20),
    )
    rendered = render(issue=stories(issue, story("https://a.example/1", "One", "x", also=also)))
    (line,) = tree(rendered).find_class("also")
    assert words(line) == "Also reported by Tide <daily>, C"
    assert [link.get("href") for link in line.iter("a")] == [mention.url for mention in also]
    assert [element.tag for element in (line.getprevious(), line.getnext())] == ["ul", "p"]
    assert (
        "Also reported by:\n- Tide <daily>: https://b.example/1?a=b&c=d\n- C:\n  https://c.example/long/"
        in rendered.text
    )


def test_also_reported_by_contains_no_unsafe_address(render, issue):
    also = tuple(
        Mention(name="Other", url=url) for url in ("javascript:alert(1)", "articles/letter.txt", "data:text/html,x", "")
    )
    nameless = Mention(name="\u202e ", url="https://b.example/1")
    rendered = render(issue=stories(issue, story("https://a.example/1", "One", "x", also=(*also, nameless))))
    assert "Also reported" not in rendered.html + rendered.text
    some = render(
        issue=stories(
            issue, story("https://a.example/1", "One", "x", also=(*also, Mention(name="B", url="https://b.example/1")))
        )
    )
    (line,) = tree(some).find_class("also")
    assert words(line) == "Also reported by B"


def test_a_local_article_without_an_address_has_no_link(render, issue):
    rendered = render(issue=stories(issue, story("articles/letter.txt", "A letter")))
    assert "Read at" not in rendered.html + rendered.text
    assert "articles/letter.txt" not in rendered.html + rendered.text


def test_the_lead_picture_has_the_width_in_pixels_that_outlook_reads(render):
    (image,) = tree(render()).xpath("//img")
    assert (image.get("src"), image.get("width"), image.get("alt")) == ("https://images.example/tide.png", "600", "")


def test_only_the_lead_story_has_a_picture(render, issue, articles):
    lead, other = issue.stories
    assert not tree(render(issue=stories(issue, other, lead))).xpath("//img")


def test_a_local_picture_is_shown_from_where_it_is_published(render, issue, articles, config):
    local = {url: replace(article, image="images/tide.png") for url, article in articles.items()}
    served = config.model_copy(
        update={"images": config.images.model_copy(update={"base_url": "https://cdn.example/i"})}
    )
    assert not tree(render(articles=local)).xpath("//img")
    assert tree(render(articles=local, config=served)).xpath("//img/@src") == ["https://cdn.example/i/tide.png"]


def test_the_text_part_has_every_story_and_link_of_the_html_part(render):
    rendered = render()
    text = " ".join(rendered.text.split())
    for link in set(tree(rendered).xpath("//a/@href")) - {"https://example.org"}:
        assert link in text
    for heading in tree(rendered).xpath("//h3"):
        assert words(heading) in text


def test_the_text_part_is_readable(render):
    lines = render().text.splitlines()
    assert lines[:7] == [
        "HARBOUR LETTER",
        "16\N{EN DASH}22 November 2026 · Week 47",
        "",
        "Good morning.",
        "",
        "WORLD",
        "=====",
    ]
    assert "- Streets may flood twice a year" in lines
    assert "-- " in lines
    assert lines[-2:] == ["1 Example Street", "12345 Town"]
    assert all(len(line) <= 74 for line in lines if "://" not in line)


def test_text_of_an_article_is_never_markup(render, issue):
    evil = '</mj-text><mj-image src="https://evil.example/x"/> {{ 7 * 7 }} <script>alert(1)</script>'
    rendered = render(
        issue=replace(stories(issue, story("https://a.example/1", evil, "x")), subject=evil, preheader=evil)
    )
    page = tree(rendered)
    assert not page.xpath("//img|//script")
    assert evil in " ".join(rendered.text.split())
    assert [words(heading) for heading in page.xpath("//h2")] == [evil]


def test_an_author_cannot_forge_the_unsubscribe_tag(render, issue):
    tag = render().manifest.tags[0].tag
    rendered = render(issue=stories(issue, story("https://a.example/1", tag)))
    assert rendered.manifest.tags[0].tag != tag
    assert len(rendered.manifest.tags[0].html) == 1


@pytest.mark.parametrize(
    "text", ["👩‍💻 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "हिन्दी में क्षत्रिय", "ภาษาไทย", "שָׁלוֹם", "back\\slash \\n", "a\u00a0b", "ﬁ &amp; \u2014"]
)
def test_difficult_text_arrives_unchanged_everywhere(render, issue, text):
    rendered = render(
        issue=replace(
            stories(issue, story("https://a.example/1", text, text.replace("\\", "\\\\")), title=text), subject=text
        )
    )
    shown = text
    page = tree(rendered)
    assert page.findtext(".//title") == shown
    assert page.xpath("//*[@role='article']/@aria-label") == [shown]
    assert page.find(".//h3").text_content() == shown
    assert rendered.manifest.subject == shown
    assert shown in rendered.text


def test_removes_control_and_direction_characters(render, issue):
    rendered = render(issue=replace(issue, subject="a\u202eb\nc\x00\x92", preheader="d\x0b\u2066e"))
    assert rendered.manifest.subject == "ab c"
    assert rendered.manifest.preheader == "de"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]", rendered.html + rendered.text)


def test_a_story_in_the_other_direction_has_a_dir(render, issue):
    arabic = story("https://a.example/1", "مدينة ساحلية تعيد رسم خرائطها", "يبدأ العمل في الربيع", "In English")
    page = tree(render(issue=stories(issue, arabic, story())))
    lead, other = page.xpath("//h2")
    assert (lead.get("dir"), other.get("dir")) == ("rtl", None)
    assert "text-align:right" in lead.get("style")
    assert page.find(".//ul").get("dir") == "rtl"
    assert [item.get("dir") for item in page.iter("li")] == [None, None]
    assert [span.get("dir") for span in page.find(".//ul").iter("span")] == ["ltr"]


def test_a_right_to_left_newsletter_sets_the_direction_of_the_page(render, issue, config):
    arabic = config.model_copy(update={"newsletter": config.newsletter.model_copy(update={"language": "ar"})})
    rendered = render(issue=stories(issue, story("https://a.example/1", "مدينة"), story()), config=arabic)
    page = tree(rendered)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert [heading.get("dir") for heading in page.xpath("//h2")] == [None, "ltr"]
    assert "direction:ltr" not in rendered.html


def test_a_story_in_another_language_has_a_lang(render, issue):
    article = Article(url="https://a.example/1", title="t", text="x", language="de")
    rendered = render(issue=stories(issue, story()), articles={canonical_url(article.url): article})
    assert tree(rendered).find(".//h2").get("lang") == "de"


def test_lang_and_dir_are_on_the_page_and_on_the_element_that_webmail_keeps(render):
    page = tree(render())
    wrapper = page.xpath("//*[@role='article']")[0]
    assert [(element.get("lang"), element.get("dir")) for element in (page, wrapper)] == [("en", "ltr")] * 2
    assert all(table.get("role") == "presentation" for table in page.iter("table"))


def test_the_preheader_comes_first_in_the_body(render):
    shown = tree(render()).body[0].text_content().strip()
    assert shown.rstrip("\u034f\u200c\u00a0") == "Two reads, four minutes"


def test_no_text_of_the_email_follows_the_preheader_in_an_inbox(render, issue):
    """Inboxes show up to 200 characters from the start of the email, on one line."""
    for preheader in ("Two reads", "One"):
        page = tree(render(issue=replace(issue, preheader=preheader)))
        first = " ".join(page.body.text_content().split())[:200]
        assert re.sub("[\u034f\u200c\u00a0 ]+", " ", first).strip() == preheader
    assert "\u034f" not in tree(render(issue=replace(issue, preheader="x" * 200))).body.text_content()


def test_an_issue_without_text_by_the_editor_is_complete(render, issue):
    bare = replace(stories(issue, story()), subject="", preheader="", intro="")
    rendered = render(issue=bare, articles={})
    page = tree(rendered)
    assert page.findtext(".//title") == "Harbour Letter"
    assert not page.xpath("//ul|//img")
    assert "None" not in rendered.html + rendered.text


def test_forty_stories_fit_before_gmail_clips(render, issue):
    many = [
        story(
            f"https://a.example/{n}", f"Headline {n} of a usual length for a story", *["A bullet of usual length"] * 3
        )
        for n in range(40)
    ]
    rendered = render(issue=stories(issue, *many))
    assert len(tree(rendered).xpath("//ul")) == 40
    assert len(rendered.html.encode()) < 90_000


def test_24_stories_with_other_publishers_are_not_a_long_email(render, issue):
    also = tuple(
        Mention(name=f"The {n} Times", url=f"https://{n}.example/world/2026/11/17/a-story-of-usual-length")
        for n in range(3)
    )
    many = [
        story(
            f"https://a.example/{n}",
            f"Headline {n} of a usual length for a story",
            *["A bullet of the length that is usual in such an email, which is about ninety characters."] * 3,
            also=also,
        )
        for n in range(24)
    ]
    rendered = render(issue=stories(issue, *many))
    assert len(tree(rendered).find_class("also")) == 24
    assert len(rendered.html.encode()) < 60_000


def test_a_long_issue_has_a_table_of_contents(render, issue):
    many = tuple(story(f"https://a.example/{n}") for n in range(5))
    long = replace(issue, sections=(Section(title="World", stories=many), Section(title="Science", stories=many)))
    assert "In this issue: World · Science" in words(tree(render(issue=long)))
    assert "In this issue" not in render().html


def test_waiting_stories_are_not_sent(render, issue):
    waiting = Section(title=NEW_SECTION, stories=(story("https://late.example/1", "Late"),))
    rendered = render(issue=replace(issue, sections=(*issue.sections, waiting)))
    assert "late.example" not in rendered.html + rendered.text + str(rendered.manifest.stories)


def test_a_newsletter_can_override_a_part_of_the_theme(render, tmp_path):
    theme = tmp_path / "templates"
    theme.mkdir()
    (theme / "footer.mjml.j2").write_text(
        "<mj-section><mj-column><mj-text>Own {{ unsubscribe_url }}</mj-text></mj-column></mj-section>"
    )
    assert "Own digest-" in render(templates=[theme, THEME]).html


def test_an_error_names_the_broken_template(render, tmp_path):
    theme = tmp_path / "templates"
    theme.mkdir()
    (theme / "story.mjml.j2").write_text("\n{{ story.title }}")
    with pytest.raises(RenderError, match="title") as caught:
        render(templates=[theme, THEME])
    assert str(caught.value.place) == "templates/story.mjml.j2:2"


def test_refuses_an_issue_id_that_is_not_a_week(render, issue):
    with pytest.raises(UsageError, match="2026-W99"):
        render(issue=replace(issue, id="2026-W99"))
