"""The issue as a theme sees it. These names are what a newsletter's own templates may use.

==================  ====================================================================================
``newsletter``      ``name``, ``homepage``, ``language``, ``dir`` (ltr or rtl), ``postal_address`` (lines)
``theme``           ``logo`` and what ``[theme]`` sets: ``light``, ``dark``, ``blocks``, ``heading_font``, ``body_font``
``issue``           ``id``, ``dates``, ``subject``, ``preheader``, ``web_copy``, ``intro``, ``sponsor``, ``sections``,
                    ``stories`` (a number)
``unsubscribe_url`` the personal tag: put it in ``href="…"`` and in the text part as it is
``personal``        ``personal("name", "there")``: a reader's name, or "there"; any column of the lists
==================  ====================================================================================

Every text is on one line and free of controls. ``dir`` of a part is empty where it runs as the newsletter does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.models import IssueId, Mention, canonical_url, host_name, is_web_address
from digest.rendering.localisation import first_direction, format_day, format_week, is_rtl_language
from digest.rendering.markdown_rendering import block_html, block_text, inline_html, inline_text
from digest.rendering.sanitising import clean_line, published_image, safe_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from markupsafe import Markup

    from digest.config import Config
    from digest.models import Article, Issue, Section, Story

__all__ = [
    "IssueView",
    "NewsletterView",
    "PictureView",
    "RichText",
    "SectionView",
    "StoryView",
    "TemplateContext",
    "ThemeView",
    "lead_image",
    "source_name",
    "view_issue",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class RichText:
    """Markdown in both forms. False where there is none."""

    html: Markup
    text: str
    dir: str = ""

    def __bool__(self) -> bool:
        return bool(self.html)


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureView:
    """A picture. ``alt`` is for where it stands alone; ``width`` is in pixels, 0 for that of the column."""

    url: str
    alt: str
    width: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryView:
    """One story.

    Attributes:
        url: As given, or empty for a local article without an address.
        also: Who else reported the event, each with a ``name`` and a ``url`` that a reader can follow.
        source: Who published it, for "Read at"; empty where ``url`` is.
        date: The leading article's day, or empty.
        lead: Whether it is the issue's first story.
        lang: The article's language where it is known and not the newsletter's.
    """

    headline: str
    url: str
    note: RichText
    bullets: tuple[RichText, ...]
    also: tuple[Mention, ...]
    source: str
    authors: tuple[str, ...]
    date: str
    image: PictureView | None
    lead: bool
    dir: str
    lang: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionView:
    """A titled run of stories; ``title`` and ``text`` may be empty."""

    title: str
    dir: str
    text: RichText
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueView:
    """The issue; ``dates`` is its week in words, ``stories`` how many it has, ``web_copy`` its address or empty."""

    id: str
    dates: str
    subject: str
    preheader: str
    web_copy: str
    intro: RichText
    sponsor: RichText
    sections: tuple[SectionView, ...]
    stories: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterView:
    """Who writes."""

    name: str
    homepage: str
    language: str
    dir: str
    postal_address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ThemeView:
    """What the configuration says of the looks; only what is set. Colours and blocks are named as there."""

    light: Mapping[str, str]
    dark: Mapping[str, str]
    blocks: Mapping[str, bool]
    heading_font: str
    body_font: str
    logo: PictureView | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateContext:
    """Everything that a theme gets but the personal tags."""

    newsletter: NewsletterView
    theme: ThemeView
    issue: IssueView


def view_issue(
    issue: Issue, *, articles: Mapping[str, Article], config: Config, personal: Callable[[str], str] = str
) -> TemplateContext:
    """Prepare ``issue`` for a theme.

    Args:
        articles: Looked up by canonical URL.
        personal: Puts literals in the place of personal parts, in the editor's own words alone: what an article says
            is never read so.
    """
    return _Viewer(issue, articles, config, personal).view()


def source_name(story: Story, article: Article | None, config: Config) -> str:
    """Who published a story: the configured name of its source, or its host; empty without a web address."""
    if not is_web_address(story.url):
        return ""
    source = config.source(article.source) if article else None
    return clean_line(source.name if source and source.name else host_name(story.url))


def lead_image(issue: Issue, articles: Mapping[str, Article]) -> str:
    """The picture of the lead story as its article gives it; may be empty."""
    if not issue.stories:
        return ""
    article = articles.get(canonical_url(issue.stories[0].url))
    return clean_line(article.image or "") if article else ""


def _published(also: Sequence[Mention]) -> Iterator[Mention]:
    for mention in also:
        name, url = clean_line(mention.name), safe_url(mention.url)
        if name and url:
            yield Mention(name=name, url=url)


def _web_copy(archive_url: str, issue: str) -> str:
    if "{issue}" in archive_url:
        return safe_url(archive_url.replace("{issue}", issue))
    return safe_url(f"{archive_url.rstrip('/')}/{issue}/") if archive_url else ""


class _Viewer:
    def __init__(
        self, issue: Issue, articles: Mapping[str, Article], config: Config, personal: Callable[[str], str]
    ) -> None:
        self._issue = issue
        self._personal = personal
        self._articles = articles
        self._config = config
        self._images = config.images.base_url
        self._dir = "rtl" if is_rtl_language(config.newsletter.language) else "ltr"
        self._year = IssueId.parse(issue.id).week_bounds(config.newsletter.timezone)[0].year

    def view(self) -> TemplateContext:
        newsletter, issue = self._config.newsletter, self._issue
        stories = issue.stories
        return TemplateContext(
            newsletter=NewsletterView(
                name=clean_line(newsletter.name),
                homepage=safe_url(newsletter.homepage),
                language=newsletter.language,
                dir=self._dir,
                postal_address=tuple(filter(None, map(clean_line, newsletter.postal_address.splitlines()))),
            ),
            theme=self._theme(),
            issue=IssueView(
                id=issue.id,
                dates=format_week(issue.id, timezone=newsletter.timezone, language=newsletter.language),
                subject=self._personal(clean_line(issue.subject)),
                preheader=self._personal(clean_line(issue.preheader)),
                web_copy=_web_copy(newsletter.archive_url, issue.id),
                intro=self._block(issue.intro),
                sponsor=self._block(newsletter.sponsor if issue.sponsor is None else issue.sponsor),
                sections=tuple(self._section(section, lead=stories[:1]) for section in issue.sent_sections),
                stories=len(stories),
            ),
        )

    def _theme(self) -> ThemeView:
        theme, name = self._config.theme, clean_line(self._config.newsletter.name)
        logo = published_image(theme.logo, base_url=self._images)
        return ThemeView(
            light=theme.light.model_dump(exclude_none=True),
            dark=theme.dark.model_dump(exclude_none=True),
            blocks=theme.blocks.model_dump(exclude_none=True),
            heading_font=theme.heading_font,
            body_font=theme.body_font,
            logo=PictureView(url=logo, alt=name, width=theme.logo_width) if logo else None,
        )

    def _section(self, section: Section, *, lead: tuple[Story, ...]) -> SectionView:
        title = clean_line(section.title)
        return SectionView(
            title=title,
            dir=self._other(title),
            text=self._block(section.text),
            stories=tuple(self._story(story, lead=any(story is first for first in lead)) for story in section.stories),
        )

    def _story(self, story: Story, *, lead: bool) -> StoryView:
        article = self._articles.get(canonical_url(story.url))
        headline = clean_line(story.headline)
        image = published_image(lead_image(self._issue, self._articles), base_url=self._images) if lead else ""
        return StoryView(
            headline=headline,
            url=safe_url(story.url),
            note=self._inline(self._personal(story.note)),
            bullets=tuple(words for bullet in story.bullets if (words := self._inline(bullet.text))),
            also=tuple(_published(story.also)),
            source=source_name(story, article, self._config),
            authors=tuple(filter(None, map(clean_line, article.authors))) if article else (),
            date=self._day(article),
            image=PictureView(url=image, alt=headline) if image else None,
            lead=lead,
            dir=self._other(headline),
            lang=self._language(article),
        )

    def _day(self, article: Article | None) -> str:
        if article is None or article.published is None:
            return ""
        newsletter = self._config.newsletter
        return format_day(
            article.published, timezone=newsletter.timezone, language=newsletter.language, year=self._year
        )

    def _language(self, article: Article | None) -> str:
        language = (article.language or "") if article else ""
        same = language.lower().split("-")[0] == self._config.newsletter.language.lower().split("-")[0]
        return "" if same else language

    def _inline(self, markdown: str) -> RichText:
        text = inline_text(markdown)
        return RichText(html=inline_html(markdown), text=text, dir=self._other(text))

    def _block(self, markdown: str) -> RichText:
        markdown = self._personal(markdown)
        text = block_text(markdown, images=self._images)
        return RichText(html=block_html(markdown, images=self._images), text=text, dir=self._other(text))

    def _other(self, text: str) -> str:
        """The direction of ``text`` where it is not the newsletter's."""
        direction = first_direction(text)
        return direction if direction != self._dir else ""
