"""A year of a weekly newsletter. Each run is on a new machine that has only a clone of a bare git remote.

The list is encrypted, the ledger is on a branch, and the feeds and SendGrid are servers on loopback. SPECIAL describes
the weeks in which something unusual happens. `make year` runs the whole year, which takes minutes; other test runs
cover two of its weeks.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from github_runner import Repository, WorkflowRun

from conftest import Run, encrypt_list, use_own_values
from digest.testing.fake_sendgrid import FAKE_KEY, FakeSendGrid
from digest.testing.feeds_server import FeedsServer

pytestmark = pytest.mark.long  # each week is a dozen runs of workflows

BERLIN = ZoneInfo("Europe/Berlin")
#: A Monday. The following year contains a week 53 and both clock changes.
BEGIN = datetime(2026, 9, 28, tzinfo=BERLIN)
WEEKS = 52
DOMAIN = "readers.example.org"
READERS = [f"reader{number}@{DOMAIN}" for number in range(1040)]  # two calls
COLLECT_SCHEDULE, SUNDAY_SCHEDULE, DAILY_SCHEDULE = "17 5,9,13 * * 1-3", "17 21 * * 0", "41 16 * * *"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "next mon")
FEEDS = ("courier", "harbour", "gazette")
SOURCE = '[[sources]]\nid = "{name}"\nfeed = "{url}"\nfull_text = "never"\n\n'
SECRETS = {
    "DIGEST_LEDGER_KEY": "a ledger key for tests",
    "DIGEST_SECRET": "a secret for tests only",
    "SENDGRID_API_KEY": FAKE_KEY,
}


@dataclass(frozen=True, kw_only=True)
class Week:
    """What happens in one week.

    Attributes:
        why: A description for the output of `make year`.
        runs: The runs of collect.yml: the scheduled time, and how much later the run started.
        failing: The feeds that respond with 500.
        edit: When the editor changes a headline in the pull request, after the first run. The editor then takes the
            token from the next run or from the preview.
        editor: What the editor does with the proposal: ``sends`` it, ``forgets`` it, ``closes`` it, ``pastes`` a wrong
            token, or sends it ``twice``.
        sends: When the editor starts the send.
        crash: The number of the call during which the sending machine is lost, and the moment: ``received``,
            ``accepted`` or ``answered``. SendGrid never accepted a ``dropped`` call, but digest cannot know that.
        alert: A part of the alert of Friday's daily check; empty if there must be none.
        leaves: A reader who unsubscribes at SendGrid before the issue is sent.
    """

    why: str = "an ordinary week"
    runs: tuple[str, ...] = ("mon 05:17",)
    failing: tuple[str, ...] = ()
    edit: str = ""
    editor: str = "sends"
    sends: str = "tue 10:00"
    crash: tuple[int, str] | None = None
    alert: str = ""
    leaves: str = ""

    @property
    def sent(self) -> bool:
        return self.editor in {"sends", "twice"} and len(self.failing) < len(FEEDS)


# fmt: off
SPECIAL = {
    2: Week(why="a run starts six hours late", runs=("mon 05:17 +6h",)),
    3: Week(why="the machine is lost after SendGrid took a call", crash=(1, "accepted")),
    4: Week(why="an editor's headline, before a later run", runs=("mon 05:17", "tue 05:17"), edit="mon 12:00"),
    5: Week(why="nobody approves it", editor="forgets", alert="{issue} should have been sent by now"),
    7: Week(why="six of seven runs are dropped", runs=("wed 13:17",), sends="wed 15:00"),
    8: Week(why="the machine is lost after SendGrid answered", crash=(1, "answered")),
    9: Week(why="each run starts twice", runs=("mon 05:17", "mon 05:17", "tue 05:17", "tue 05:17"), editor="twice"),
    10: Week(why="late over the week's end", runs=("sun 21:17 +6h",), sends="next mon 04:30", alert="no issue {issue}"),
    12: Week(why="the machine is lost as SendGrid hears the call", crash=(2, "received")),
    13: Week(why="a feed fails", failing=("harbour",)),
    14: Week(why="it still fails", failing=("harbour",), alert="The source harbour has failed since"),
    15: Week(why="and still", failing=("harbour",), alert="The source harbour has failed since"),
    17: Week(why="the machine is lost in a call that SendGrid did not take", crash=(1, "dropped")),
    18: Week(why="the editor calls it off", editor="closes", alert="{issue} should have been sent by now"),
    20: Week(why="all feeds fail", failing=FEEDS, alert="no issue {issue}"),
    21: Week(why="the machine is lost after the second call", crash=(2, "accepted")),
    23: Week(why="an edit after the last run", edit="tue 09:00"),
    24: Week(why="a token of another email", editor="pastes", alert="{issue} should have been sent by now"),
    25: Week(why="the machine is lost in the second call", crash=(2, "answered")),
    26: Week(why="a reader leaves", leaves=READERS[7]),
    29: Week(why="the machine is lost after the first call", crash=(1, "accepted")),
    30: Week(why="six hours late, in summer time", runs=("mon 13:17 +6h",)),
    32: Week(why="nobody approves it", editor="forgets", alert="{issue} should have been sent by now"),
    33: Week(why="nor the next", editor="forgets", alert="{issue} should have been sent by now"),
    34: Week(why="the machine is lost in a call that SendGrid did not take", crash=(2, "dropped")),
    36: Week(why="late over the week's end, with an edit", runs=("sun 21:17 +6h",), edit="next mon 04:00",
             sends="next mon 04:30", alert="no issue {issue}"),
    38: Week(why="the machine is lost after SendGrid took a call", crash=(1, "accepted")),
    41: Week(why="dropped, late and doubled", runs=("tue 09:17 +6h", "tue 09:17 +6h"), sends="wed 08:00"),
    43: Week(why="the machine is lost as SendGrid hears the call", crash=(1, "received")),
    44: Week(why="another feed fails", failing=("courier",)),
    45: Week(why="and still", failing=("courier",), alert="The source courier has failed since"),
    47: Week(why="the machine is lost after SendGrid answered", crash=(2, "answered")),
    49: Week(why="a reader leaves while the machine is lost", crash=(1, "accepted"), leaves=READERS[1030]),
    51: Week(why="an edit, and sent twice", runs=("mon 05:17", "tue 05:17"), edit="mon 12:00", editor="twice"),
}
#: Runs that are dropped, late and doubled, and a lost machine: the weeks of an ordinary test run.
SHORT = (41, 3)
# fmt: on


@dataclass
class Newsletter:
    """The newsletter of the year, with its repository and the servers that it uses."""

    github: Repository
    feeds: FeedsServer
    fake: FakeSendGrid
    secrets: dict[str, str]

    def at(self, monday: datetime, when: str) -> str:
        """Convert a time such as ``tue 05:17 +6h`` in the week of ``monday`` to ISO 8601."""
        match = re.fullmatch(r"((?:next )?\w+) (\d\d):(\d\d)(?: \+(\d)h)?", when)
        assert match, when
        day = monday + timedelta(days=DAYS.index(match[1]))
        moment = day.replace(hour=int(match[2]), minute=int(match[3]))
        return (moment.astimezone(ZoneInfo("UTC")) + timedelta(hours=int(match[4] or 0))).isoformat()

    def run(self, workflow: str, now: str, **options: Any) -> WorkflowRun:
        return self.github.run(workflow, now=now, secrets=self.secrets, **options)

    def collect(self, now: str, schedule: str) -> WorkflowRun:
        run = self.run("collect.yml", now, schedule=schedule)
        assert run.ok, run.output
        return run

    def send(self, issue: str, now: str, **inputs: Any) -> WorkflowRun:
        return self.run("send.yml", now, inputs={"issue": issue, **inputs})

    def alert(self) -> str:
        """The text of the open alert, or an empty string."""
        return "".join(issue["body"] for issue in self.github.github.issues if issue["state"] == "OPEN")

    def pull(self, issue: str) -> dict[str, Any] | None:
        matching_pulls = [pull for pull in self.github.github.pulls if pull["headRefName"] == f"digest/{issue}"]
        assert len(matching_pulls) <= 1
        return matching_pulls[0] if matching_pulls else None

    def received(self, issue: str) -> Counter[str]:
        return Counter(mail.to for mail in self.fake.mails if mail.custom_args["di"] == issue)


@pytest.fixture
def letter(run: Run, tmp_path: Path, fake: FakeSendGrid, on_github) -> Iterator[Newsletter]:
    root = tmp_path / "letter"
    assert run("init", "--yes", str(root)).code == 0
    use_own_values(root)
    key = encrypt_list(run, root, READERS)
    with FeedsServer() as feeds:
        config = (root / "digest.toml").read_text()
        sources = "".join(SOURCE.format(name=entry, url=feeds.url(f"/{entry}")) for entry in FEEDS)
        for old, new in (
            ('timezone = "UTC"', f'timezone = "{BERLIN.key}"'),
            ('provider = "outbox"', 'provider = "sendgrid"'),
            ('host = "https://api.sendgrid.com"', f'host = "{fake.host}"'),
            ('url = "sqlite:///.digest/ledger.db"', 'url = "git+branch://digest-state"'),
            ('# due = "thu 12:00"', 'due = "thu 12:00"'),
            ('[[sources]]\nid = "articles"\nfolder = "articles"\nsection = "This week"\n', sources),
        ):
            assert old in config
            config = config.replace(old, new)
        (root / "digest.toml").write_text(config)
        assert run("init", "--workflows", str(root)).code == 0
        collect = root / ".github/workflows/collect.yml"
        line = f'    - cron: "{COLLECT_SCHEDULE}"\n'
        assert line in collect.read_text()
        options = f'    - cron: "{SUNDAY_SCHEDULE}"\n      timezone: "{BERLIN.key}"\n'
        collect.write_text(collect.read_text().replace(line, options + line))
        yield Newsletter(on_github(root), feeds, fake, SECRETS | {"DIGEST_AGE_KEY": key})


def test_every_issue_of_a_year_reaches_everyone_once(letter: Newsletter):
    whole = bool(os.environ.get("DIGEST_YEAR"))
    weeks = [SPECIAL.get(number, Week()) for number in (range(1, WEEKS + 1) if whole else SHORT)]
    leavers: set[str] = set()
    before = Week()
    missing: set[str] = set()
    for number, week in enumerate(weeks):
        monday = BEGIN + timedelta(weeks=number)
        issue = "{}-W{:02}".format(*monday.isocalendar())
        run_week(letter, week, monday, issue, first=number == 0)
        leavers |= {week.leaves} - {""}
        expected = {entry: 1 for entry in READERS if entry not in leavers} if week.sent else {}
        assert letter.received(issue) == expected, f"{issue}, {week.why}"
        if (
            week.sent and before.sent and not (week.edit or before.failing)
        ):  # otherwise there are more stories than an issue holds
            fresh = {title_of(name, monday, entry) for name in FEEDS if name not in week.failing for entry in range(2)}
            missing |= fresh - set(re.findall(TITLE, sent_text(letter.fake, issue)))
        before = week
        print(f"{issue}  {'sent    ' if week.sent else 'not sent'}  {week.why}")  # noqa: T201 - the output of `make year`

    assert not missing
    # No story was sent twice.
    issues = {mail.custom_args["di"] for mail in letter.fake.mails}
    sent = Counter(title for issue in issues for title in re.findall(TITLE, sent_text(letter.fake, issue)))
    assert not [title for title, times in sent.items() if times > 1]
    # The next run closes the alerts.
    after = BEGIN + timedelta(weeks=len(weeks))
    publish(letter.feeds, after, failing=())
    letter.collect(letter.at(after, "mon 05:17"), COLLECT_SCHEDULE)
    assert letter.alert() == ""
    check_history_is_readable(letter.github)
    check_no_address_is_committed(letter.github)


def run_week(letter: Newsletter, week: Week, monday: datetime, issue: str, *, first: bool) -> None:
    """Run a week, from the first run of collect.yml to Friday's daily check."""
    publish(letter.feeds, monday, failing=week.failing)
    headline = f"A headline of the editor's own in {issue}"
    late = [when for when in (*week.runs, week.sends) if when.startswith(("sun", "next"))]
    if late:
        run_daily_check(letter, week, monday, issue)
    for when in week.runs:
        output = letter.collect(
            letter.at(monday, when), SUNDAY_SCHEDULE if when.startswith("sun") else COLLECT_SCHEDULE
        )
        if week.edit and when == week.runs[0]:
            letter.github.edit(f"digest/{issue}", lambda clone: retitle(clone, issue, headline))
    pull = letter.pull(issue)
    if len(week.failing) == len(FEEDS):
        assert pull is None
    else:
        assert pull is not None, output.output
        act_on_proposal(letter, week, monday, issue, token_of(letter, week, monday, issue, pull), first=first)
        if week.edit and week.sent:
            mails = [mail for mail in letter.fake.mails if mail.custom_args["di"] == issue]
            assert all(headline in mail.html and headline in mail.text for mail in mails)
    if not late:
        run_daily_check(letter, week, monday, issue)


def run_daily_check(letter: Newsletter, week: Week, monday: datetime, issue: str) -> None:
    letter.collect(letter.at(monday, "fri 16:41"), DAILY_SCHEDULE)
    alert = letter.alert()
    assert (week.alert.format(issue=issue) in alert) if week.alert else not alert, f"{issue}, {week.why}: {alert}"


def token_of(letter: Newsletter, week: Week, monday: datetime, issue: str, pull: dict[str, Any]) -> str:
    """Read the token in the pull request, or in the preview of an edit if no run followed it."""
    text = pull["body"]
    if week.edit and len(week.runs) == 1:
        preview = letter.run("preview.yml", letter.at(monday, week.edit), event="pull_request", head=f"digest/{issue}")
        assert preview.ok, preview.output
        text = preview.summary
    assert f"## {issue}: fit to send" in text
    return re.search(r"<td>Token</td><td>(\w+)</td>", text)[1]


def act_on_proposal(letter: Newsletter, week: Week, monday: datetime, issue: str, token: str, *, first: bool) -> None:
    """Do what the editor and the readers do in this week."""
    pull, now = letter.pull(issue), letter.at(monday, week.sends)
    assert pull
    if week.leaves:
        letter.fake.suppressions["suppression/unsubscribes"] = [
            *letter.fake.suppressions.get("suppression/unsubscribes", []),
            {"email": week.leaves, "created": 1_790_000_000},
        ]
    if week.editor == "forgets":
        return
    if week.editor == "closes":
        letter.github.github.set_pull(pull["number"], state="CLOSED")
        return
    letter.github.merge(pull["number"])
    if week.editor == "pastes":
        assert letter.send(issue, now, token="0" * 32).jobs["send"].step("Send").code == 6
        return
    if week.crash:
        crash(letter, week, issue, token, now)
        return
    send_run = letter.send(issue, now, token=token, new_ledger=first)
    assert send_run.ok, send_run.output
    assert "## Sent" in send_run.summary
    if week.editor == "twice":
        assert letter.send(issue, now, token=token).jobs["send"].step("Show what would be sent").code in {0, 8}


def crash(letter: Newsletter, week: Week, issue: str, token: str, now: str) -> None:
    """Lose the machine in the middle of a call, and resume the send on another."""
    assert week.crash
    number, moment = week.crash
    calls = 0

    def watch(at: str, _body: Any) -> None:
        nonlocal calls
        calls += at == "received"
        if calls == number and at == ("received" if moment == "dropped" else moment):
            letter.fake.watch = lambda *_: None
            letter.github.lose_the_machine()

    letter.fake.watch = watch
    if moment == "dropped":
        letter.fake.disturb(*[""] * (number - 1), "drop-before")
    lost = letter.send(issue, now, token=token)
    assert lost.jobs["send"].result == "failure", lost.output
    resumed = letter.send(issue, now, token=token, resume=True)
    if moment != "dropped":
        assert resumed.ok, resumed.output
        return
    # Whether SendGrid accepted the call is unknown. It is held until someone asks SendGrid's support and decides.
    assert resumed.jobs["send"].steps[-2].code == 7, resumed.output
    letter.collect(now, DAILY_SCHEDULE)
    assert f"The send of {issue} is held" in letter.alert()
    send_run = letter.send(issue, now, token=token, resume=True, on_unknown="resend")
    assert send_run.ok, send_run.output


def publish(feeds: FeedsServer, monday: datetime, *, failing: tuple[str, ...]) -> None:
    """Publish feeds with the stories of this week and the two weeks before."""
    for name in FEEDS:
        if name in failing:
            feeds.put(f"/{name}", status=500)
            continue
        items = [item(name, monday - timedelta(weeks=ago), number) for ago in range(3) for number in range(2)]
        feeds.put(
            f"/{name}", FEED.format(name=name.title(), items="".join(items)), headers={"Content-Type": "text/xml"}
        )


TITLE = r"Story \d+ of \w+"
FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>{name}</title>
<link>https://{name}.example/</link><description>{name}</description>{items}</channel></rss>
"""
ITEM = """<item><title>{title}</title><link>https://{name}.example/{number}</link><pubDate>{date}</pubDate>
<content:encoded><![CDATA[{text}]]></content:encoded></item>
"""
PEOPLE = (
    "{} and {} of {} thanked {} for it, while {} remembered the days of {} and {}. A toast was raised to {} in {}. "
    "Visitors from {}, {} and {} are expected there."
)
PLACES = ("Ensor", "Little Holm", "Marrow", "Upper Tarn", "Quillby", "Saltash", "Dunmere", "Vellin", "Orrick")
EVENTS = (
    ("ferry", "The boat crosses the sound nine times a day. Gulls follow it to a breakwater. Tickets cost {n} crowns."),
    ("library", "Borrowers queued along a corridor for {n} atlases. Shelves were carried downstairs by volunteers."),
    ("orchard", "Pickers filled {n} crates with russet apples. Frost was expected before the weekend, growers warned."),
    ("tram", "Mechanics replaced {n} axles overnight. Passengers ride along the boulevard again, past a terminus."),
    ("theatre", "Actors learned two endings of the comedy. A jury of {n} spectators chooses between them nightly."),
    ("lighthouse", "Sailors reported its beam from {n} miles away. Charts had promised less, the pilots agreed."),
    ("bakery", "Loaves of rye leave the oven before dawn. Apprentices knead {n} kilos of dough on marble tables."),
    ("museum", "Curators unpacked {n} porcelain teapots from straw. Every lid was counted and photographed twice."),
    ("school", "Pupils planted beans beside the playground. They measured {n} millimetres of rainfall since May."),
    ("windmill", "Carpenters hoisted fresh sails onto the cap. It grinds {n} sacks of barley when westerlies blow."),
    ("observatory", "Astronomers polished a mirror for {n} hours. Comets are photographed when clouds part."),
    ("railway bridge", "Painters hang from ropes above the estuary. They use {n} buckets of blue enamel every month."),
    ("brass band", "Trumpeters rehearse a march from a forgotten score. Its {n} bars were found behind an organ pipe."),
    ("bathhouse", "Tiles from a quarry line the warm pool. Swimmers pay with one of {n} copper tokens at a turnstile."),
    ("fire brigade", "Firefighters drove their antique pump through a parade. Its hose threw water {n} yards."),
    ("vineyard", "Grapes ripened three weeks early this summer. Coopers built {n} barrels of oak for the vintage."),
    ("weather station", "Balloons carry thermometers into the stratosphere. Engineers chased {n} across the moor."),
    ("chess club", "Grandmasters played blindfold against beginners. One resigned after {n} moves, smiling."),
)


def item(name: str, monday: datetime, number: int) -> str:
    """A feed item with a story that no other week, feed or number has."""
    count = story_number(name, monday, number)
    what, text = EVENTS[count % len(EVENTS)]
    title = f"{title_of(name, monday, number)}: the {what} of {PLACES[count % len(PLACES)]}"
    date = format_datetime(monday + timedelta(hours=4))
    people = PEOPLE.format(*names(count))
    return ITEM.format(title=title, name=name, number=count, date=date, text=f"<p>{text.format(n=count)} {people}</p>")


def story_number(name: str, monday: datetime, number: int) -> int:
    return (monday - BEGIN).days // 7 * 6 + FEEDS.index(name) * 2 + number + 100


def title_of(name: str, monday: datetime, number: int) -> str:
    """The beginning of a story's title, which TITLE matches."""
    return f"Story {story_number(name, monday, number)} of {name}"


def names(count: int) -> list[str]:
    """Invented names that appear in no other story."""
    invented = random.Random(count)  # noqa: S311 - the names must be the same in each run
    syllables = [entry + other for entry in "bdfgklmnprstvz" for other in ("a", "el", "i", "or", "u")]
    return ["".join(invented.choices(syllables, k=4)).title() for _ in range(12)]


def retitle(clone: Path, issue: str, headline: str) -> None:
    path = clone / f"issues/{issue}/issue.md"
    path.write_text(re.sub(r"^### \[.*?\]", f"### [{headline}]", path.read_text(), count=1, flags=re.MULTILINE))


def sent_text(fake: FakeSendGrid, issue: str) -> str:
    """The text part of a mail of an issue."""
    return next(mail.text for mail in fake.mails if mail.custom_args["di"] == issue)


def check_history_is_readable(github: Repository) -> None:
    subjects = github.run_git("log", "--format=%s", "digest-state").splitlines()
    print("\n".join(subjects[:12]))  # noqa: T201 - the output of `make year`
    pattern = re.compile(
        r"\d{4}-W\d\d to weekly: \w+|\d{4}-W\d\d: batch \d \w+|\d{4}-W\d\d: \d batches \(\d to \d\) \w+"
        r"|\d+ suppressions added, \d+ removed|The ledger begins|Notes"
    )
    assert not [entry for entry in subjects if not all(pattern.fullmatch(part) for part in entry.split("; "))]


def check_no_address_is_committed(github: Repository) -> None:
    """Search every file of every commit of every branch."""
    objects = github.run_git("rev-list", "--objects", "--all")
    blobs = "\n".join(line.split()[0] for line in objects.splitlines())
    send_run = subprocess.run(
        ["git", "cat-file", "--batch"], cwd=github.origin, input=blobs.encode(), capture_output=True, check=True
    )
    assert b"Collect 20" in send_run.stdout  # git prints commits and files uncompressed
    assert DOMAIN.encode() not in send_run.stdout
