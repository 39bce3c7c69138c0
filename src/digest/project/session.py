"""One command's view of its newsletter. Everything is read once, so all decisions rest on the same state."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from digest.errors import ConfigError, IssueError, NothingToDoError
from digest.issues import IssueFolder, list_issues, list_weeks
from digest.models import canonical_url
from digest.project.issue_choice import is_abandoned, issue_to_collect, open_issue
from digest.project.issue_reading import IssueReading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from digest.delivery import Campaign, LedgerSnapshot
    from digest.issues import SourceState
    from digest.models import Audience, IssueId, Suppression
    from digest.project.project import Project
    from digest.subscribers import ListReading

__all__ = ["Session"]


class Session:
    """One command's view of its newsletter. Open one with `Project.open_session`, and pass it down.

    The ledger, the lists, and the files of each issue are read when they are first needed, and cached. Every check and
    every safety rail of a command therefore judges the same state, and a ledger on a git branch is fetched once. Two
    methods discard part of the cache when a command needs the current state:

    * `refresh_ledger`: after this command wrote to the ledger.
    * `reread_issue`: after minutes of fetching, during which the editor may have saved issue.md, and after writing it.

    A live send does not act on this copy: it opens the ledger itself, and checks again before it claims a batch.

    Attributes:
        project: The newsletter: its configuration, and what can be opened from it.
        no_ledger: Behave as if nothing had been sent, because the ledger cannot be reached. Nothing can be sent in such
            a session.
    """

    def __init__(self, project: Project, *, no_ledger: bool = False) -> None:
        self.project = project
        self.no_ledger = no_ledger
        self._issues: dict[str, IssueReading] = {}
        self._lists: dict[str, ListReading] = {}

    # -- the ledger ---------------------------------------------------------------------------------------------------

    @cached_property
    def ledger(self) -> LedgerSnapshot | None:
        """A snapshot of the ledger, for all audiences; None if there is no ledger yet, or `no_ledger` is set.

        Raises:
            LedgerError: It is locked, damaged or from a newer version, or cannot be reached.
            UsageError: It is reached over the network, and the command runs with --offline.
            CredentialsError: Its key is missing, or belongs to another ledger.
        """
        ledger = None if self.no_ledger else self.project.ledger_address.find()
        if ledger is None:
            return None
        with ledger:
            return ledger.snapshot()

    @property
    def campaigns(self) -> tuple[Campaign, ...]:
        """The campaigns to the configured audience, oldest first. Raises the same errors as `ledger`."""
        if self.ledger is None:
            return ()
        audience = self.project.config.delivery.audience
        return tuple(campaign for campaign in self.ledger.campaigns if campaign.audience == audience)

    def campaign(self, issue: str) -> Campaign | None:
        """The campaign of an issue to the configured audience; None if its send has not started."""
        return next((campaign for campaign in self.campaigns if campaign.issue == issue), None)

    @property
    def ended_issues(self) -> frozenset[str]:
        """Issues that were sent or cancelled: no command works on them by default."""
        return frozenset(
            campaign.issue for campaign in self.campaigns if campaign.state.is_closed and not campaign.replaceable
        )

    def mailed_to_others(self, issue: str) -> Mapping[bytes, str]:
        """Everybody who has an issue, or may have it, from a campaign to an audience other than the configured one.

        The ledger is opened once more, but only if there is such a campaign.

        Returns: The name of the other audience, by the recipient's keyed hash. Raises as `ledger`.
        """
        audience = self.project.config.delivery.audience
        if self.ledger is None or not self.ledger.other_campaigns(issue, audience):
            return {}
        with self.project.open_ledger() as ledger:
            return ledger.mailed_to_others(issue, audience)

    @property
    def sent_issues(self) -> frozenset[str]:
        """Issues whose send has started and was not cancelled, unless it has certainly mailed nobody."""
        from digest.delivery import CampaignState

        return frozenset(
            campaign.issue
            for campaign in self.campaigns
            if campaign.state is not CampaignState.CANCELLED and not campaign.replaceable
        )

    def sent_stories(self) -> dict[str, str]:
        """The id of the issue in which each story was sent, by the story's canonical URL.

        An issue that reached some of its readers before the send stopped counts as sent.
        """
        return {
            url: campaign.issue
            for campaign in self.campaigns
            if campaign.issue in self.weeks and (campaign.report.accepted or campaign.report.unknown)
            for url in _stories_of(self.files(campaign.issue))
        }

    def open_elsewhere(self, id: str) -> dict[str, str]:
        """The stories of all other open issues: the id of the newest issue that has each story, by the story's key."""
        stories: dict[str, str] = {}
        if id in self.ended_issues:
            return stories
        for other in self.issue_ids:
            if other != id and other not in self.ended_issues and not self.is_abandoned(other):
                with suppress(IssueError):  # an issue.md that does not parse is reported when it is used
                    stories |= {story.key: str(other) for story in self.files(other).issue.stories}
        return stories

    def refresh_ledger(self) -> None:
        """Read the ledger again when it is next needed."""
        self.__dict__.pop("ledger", None)

    # -- issues -------------------------------------------------------------------------------------------------------

    @cached_property
    def issue_ids(self) -> tuple[IssueId, ...]:
        """The ids of all issues, oldest first."""
        return list_issues(self.project.root)

    @cached_property
    def weeks(self) -> tuple[IssueId, ...]:
        """The ids of all issues, and of the weeks in which the sources had nothing new, oldest first."""
        return list_weeks(self.project.root)

    def files(self, id: str) -> IssueReading:
        """The files of an issue, which need not exist.

        Raises:
            UsageError: ``id`` is not an issue id.
        """
        if id not in self._issues:
            self._issues[id] = IssueReading(IssueFolder(self.project.root, id))
        return self._issues[id]

    def issue(self, id: str | None = None) -> IssueReading:
        """The named issue. Without a name, the open issue, or the newest if none is open.

        Raises:
            IssueError: There is no such issue. Or no issue is named, and there are no issues, or all are older than the
                newest sent one.
            UsageError: ``id`` is not an issue id.
        """
        if id is not None:
            issue = self.files(id)
            if not issue.folder.exists():
                raise IssueError(f"there is no issue {id}", hint=f"Start it: digest collect {id}")
            return issue
        sent = self.sent_issues
        chosen = open_issue(self.issue_ids, self.ended_issues, sent=sent) or max(self.issue_ids, default=None)
        if chosen is None:
            raise IssueError("there is no issue yet", hint="Start one: digest collect")
        if is_abandoned(chosen, sent):
            raise IssueError(
                f"there is no open issue: {chosen} is older than {max(sent)}, which was sent",
                hint="Name the issue, or start the next one: digest collect",
            )
        return self.files(chosen)

    def issue_to_collect(self, id: str | None = None) -> IssueReading:
        """The named issue. Without a name, the open issue, or the next one due. It need not exist yet.

        Raises:
            UsageError: ``id`` is not an issue id.
        """
        if id is None:
            id = issue_to_collect(
                self.issue_ids,
                {campaign.issue for campaign in self.campaigns if not campaign.replaceable},
                sent=self.sent_issues,
                now=self.project.now(),
                timezone=self.project.config.newsletter.timezone,
            )
        return self.files(id)

    def is_abandoned(self, id: str) -> bool:
        """Whether an issue is older than the newest sent one, and so is chosen by no command."""
        return is_abandoned(id, self.sent_issues)

    def require_open(self, id: str) -> None:
        """Refuse to change an issue that was sent or cancelled.

        Raises:
            NothingToDoError: It was.
        """
        if id in self.ended_issues:
            raise NothingToDoError(f"{id} was sent and is closed", hint="Start the next issue: digest collect")

    def require_unsent(self, id: str) -> None:
        """Refuse to collect into an issue whose send has started, unless it has certainly mailed nobody.

        Raises:
            NothingToDoError: Its send has started.
        """
        self.require_open(id)
        campaign = self.campaign(id)
        if campaign is not None and not campaign.replaceable:
            raise NothingToDoError(
                f"{id} is being sent",
                hint=f"Finish it: digest send {id} --live --resume, or start the next issue: digest collect",
            )

    def source_states(self, *, until: str) -> tuple[Mapping[str, SourceState], ...]:
        """The results of `collect` by source id, one mapping per issue, from the issue ``until`` back to the oldest."""
        ids = sorted({until, *self.weeks}, reverse=True)
        return tuple(self.files(id).source_states for id in ids if id <= until)

    def reread_issue(self, id: str) -> None:
        """Read the files of an issue, and the list of issues, again when they are next needed."""
        self.files(id).reread()
        for name in ("issue_ids", "weeks"):
            self.__dict__.pop(name, None)

    # -- lists --------------------------------------------------------------------------------------------------------

    def list_reading(self, file: str) -> ListReading:
        """Read a list.

        Args:
            file: A path relative to the newsletter's root, or ``env:NAME`` for CSV text in an environment variable.

        Raises:
            ListError: It cannot be read at all.
        """
        if file not in self._lists:
            self._lists[file] = self.project.read_list(file)
        return self._lists[file]

    @cached_property
    def suppressions(self) -> tuple[Suppression, ...]:
        """The newsletter's own suppressions, those in the ledger not included.

        Raises:
            ListError: They cannot be read.
        """
        return self.project.own_suppressions()

    def audience(self, name: str | None = None) -> Audience:
        """The named audience, or the one that issues go to, without the newsletter's own suppressions.

        Raises:
            ConfigError: There is no such audience.
            ListError: One of its lists cannot be read.
        """
        from digest.subscribers import select_audience

        audiences = self.project.config.audiences
        if name is None:
            name, config = self.project.config.delivery.audience, self.project.audience_config()
        elif name in audiences:
            config = audiences[name]
        else:
            raise ConfigError(
                f"there is no audience {name!r}", hint=f"[audiences] has {', '.join(sorted(audiences)) or 'none'}."
            )
        lists = [self.list_reading(file) for file in config.files]
        return select_audience(name, config, lists, suppressions=self.suppressions)

    def audience_to_mail(self, name: str | None = None) -> Audience:
        """An audience, also without the addresses that the provider reported to the ledger.

        Raises the same errors as `audience`.
        """
        audience = self.audience(name)
        return audience if self.ledger is None else self.ledger.without_suppressed(audience)

    def list_columns(self) -> frozenset[str]:
        """The columns of the lists that issues are sent to, casefolded. Reads only the headers of lists not read yet.

        Raises:
            ConfigError: There is no such audience.
            ListError: A list cannot be read.
        """
        columns: set[str] = set()
        for file in self.project.audience_config().files:
            if file in self._lists:
                columns.update(filter(None, (column.casefold() for column in self._lists[file].columns)))
            else:
                columns |= self.project.list_columns(file)
        return frozenset(columns)

    # -- secrets ------------------------------------------------------------------------------------------------------

    def secret(self) -> bytes:
        """The secret that signs unsubscribe links; see `Project.secret`.

        Raises:
            CredentialsError: The provider needs it, and it is not set.
        """
        return self.project.secret(ledger_key=self.ledger.key if self.ledger is not None else None)


def _stories_of(issue: IssueReading) -> Sequence[str]:
    try:
        return issue.built.manifest.stories
    except IssueError:  # the build of an old issue may be deleted, or a checkout may have changed its line endings
        return [canonical_url(story.url) for story in issue.parse(issue.text or "").stories]
