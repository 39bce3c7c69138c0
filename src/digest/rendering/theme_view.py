"""The issue as templates see it. A newsletter's own templates may use these names.

==================  ====================================================================================
``newsletter``      ``name``, ``homepage``, ``language``, ``dir`` (ltr or rtl), ``postal_address`` (lines)
``theme``           ``logo`` and what ``[theme]`` sets: ``light``, ``dark``, ``blocks``, ``heading_font``, ``body_font``
``issue``           ``id``, ``dates``, ``subject``, ``preheader``, ``web_copy``, ``intro``, ``sponsor``, ``sections``,
                    ``stories`` (a number)
``unsubscribe_url`` the personal tag of the link: use it unchanged, in ``href="…"`` and in the text part
``personal``        ``personal("name", "there")``: the reader's name or else "there"; works for any column of the lists
==================  ====================================================================================

Every text is on one line and free of control characters. The ``dir`` of a part is empty if it is the newsletter's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.models import IssueId, Mention, is_web_address, shown_host
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
    """Markdown as HTML and as plain text. False if it is empty."""

    html: Markup
    text: str
    dir: str = ""

    def __bool__(self) -> bool:
        return bool(self.html)


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureView:
    """A picture.

    Attributes:
        alt: The alternative text, for a picture without other text beside it.
        width: In pixels; 0 means the width of the column.
    """

    url: str
    alt: str
    width: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryView:
    """One story.

    Attributes:
        url: The address as given; empty for a local article without one.
        also: Other publishers of the same story, each with a ``name`` and a ``url`` that a reader can open.
        source: The publisher, for "Read at"; empty if ``url`` is.
        date: The day of the leading article; may be empty.
        lead: Whether this is the first story of the issue.
        dir: The direction of the headline, if it is not the newsletter's.
        lang: The language of the article, if it is known and not the newsletter's.
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
    """A section with its stories. ``title`` and ``text`` may be empty."""

    title: str
    dir: str
    text: RichText
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueView:
    """The issue.

    Attributes:
        dates: Its week, as text.
        web_copy: The address of its page in the archive; may be empty.
        stories: The number of stories.
    """

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
    """The newsletter."""

    name: str
    homepage: str
    language: str
    dir: str
    postal_address: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ThemeView:
    """What ``[theme]`` in the configuration sets. Colours and blocks have the names that they have there."""

    light: Mapping[str, str]
    dark: Mapping[str, str]
    blocks: Mapping[str, bool]
    heading_font: str
    body_font: str
    logo: PictureView | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateContext:
    """Everything that templates get, except the personal tags."""

    newsletter: NewsletterView
    theme: ThemeView
    issue: IssueView


def view_issue(
    issue: Issue, *, articles: Mapping[str, Article], config: Config, personal: Callable[[str], str] = str
) -> TemplateContext:
    """Prepare ``issue`` for the templates.

    Args:
        issue: The issue.
        articles: The collected articles, by their keys.
        config: The newsletter's configuration.
        personal: Replaces personal parts by their tags. It is applied only to the editor's own text, so the text of an
            article can never contain a personal part.
    """
    return _Viewer(issue, articles, config, personal).view()


def source_name(story: Story, article: Article | None, config: Config) -> str:
    """The publisher of a story: the one that its feed names, the configured name of its source, or its host.

    Empty without a web address.
    """
    if not is_web_address(story.url):
        return ""
    if article and article.outlet:
        return clean_line(article.outlet)
    source = config.source(article.source) if article else None
    return clean_line(source.name if source and source.name else shown_host(story.url))


def lead_image(issue: Issue, articles: Mapping[str, Article]) -> str:
    """The picture of the lead story, as given by its article; may be empty."""
    if not issue.stories:
        return ""
    article = articles.get(issue.stories[0].key)
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
            dir=self._other_direction(title),
            text=self._block(section.text),
            stories=tuple(self._story(story, lead=any(story is first for first in lead)) for story in section.stories),
        )

    def _story(self, story: Story, *, lead: bool) -> StoryView:
        article = self._articles.get(story.key)
        headline = clean_line(story.headline)
        image = published_image(lead_image(self._issue, self._articles), base_url=self._images) if lead else ""
        return StoryView(
            headline=headline,
            url=safe_url(story.url),
            note=self._inline(self._personal(story.note)),
            bullets=tuple(text for bullet in story.bullets if (text := self._inline(bullet.text))),
            also=tuple(_published(story.also)),
            source=source_name(story, article, self._config),
            authors=tuple(filter(None, map(clean_line, article.authors))) if article else (),
            date=self._day(article),
            image=PictureView(url=image, alt=headline) if image else None,
            lead=lead,
            dir=self._other_direction(headline),
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
        return RichText(html=inline_html(markdown), text=text, dir=self._other_direction(text))

    def _block(self, markdown: str) -> RichText:
        markdown = self._personal(markdown)
        text = block_text(markdown, images=self._images)
        return RichText(html=block_html(markdown, images=self._images), text=text, dir=self._other_direction(text))

    def _other_direction(self, text: str) -> str:
        """The direction of ``text``, if it is not the newsletter's."""
        direction = first_direction(text)
        return direction if direction != self._dir else ""
