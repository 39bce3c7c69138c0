"""The rails that depend on the newsletter's folder, without a folder: each decides from the values it is given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from digest.checks import Finding, Severity
from digest.config import Config
from digest.config.resources import shipped
from digest.delivery import CampaignRefusedError, SendReport
from digest.delivery.campaign import CampaignState
from digest.errors import Place
from digest.issues import Build
from digest.models import Audience
from digest.providers import Capabilities
from digest.rendering import dump_manifest, load_build
from digest.subscribers import read_list
from digest.testing.campaigns import make_audience, make_rendered
from digest.workflow.send_rails import (
    choose_build,
    require_current_build,
    require_known_ledger,
    require_lasting_ledger,
    require_no_errors,
    require_online,
    require_own_list,
    require_same_configuration,
)

REPORT = SendReport(state=CampaignState.PLANNED, pending=25)
LINK = "https://example.org/u/{token}"
LOCAL = SimpleNamespace(name="outbox", capabilities=Capabilities(max_recipients=10, local=True))
REMOTE = SimpleNamespace(name="smtp", capabilities=Capabilities(max_recipients=10, local=False))


def refusal(rail, *args, **options):
    with pytest.raises(CampaignRefusedError) as caught:
        rail(*args, **options)
    return caught.value


# --- The build to send ------------------------------------------------------------------------------------------------


def issue_with(built, copies=None):
    folder = SimpleNamespace(read_kept_build=(copies or {}).get)
    return SimpleNamespace(id="2026-W47", built=built, folder=folder)


def campaign_of(token, state=CampaignState.SENDING, *, replaceable=False):
    report = SendReport(state=state, accepted=10, pending=15)
    return SimpleNamespace(token=token, state=state, report=report, replaceable=replaceable)


def rendered(subject):
    build = make_rendered(subject=subject)
    html, text, manifest = build.html.encode(), build.text.encode(), dump_manifest(build.manifest)
    return load_build(html, text, manifest), Build(html=html, text=text, manifest=manifest)


STARTED, STARTED_COPY = rendered("As it started")
CHANGED, _ = rendered("Changed since")


@pytest.mark.parametrize(
    "campaign",
    [
        None,
        campaign_of(STARTED.token, CampaignState.SENT),
        campaign_of(CHANGED.token),
        campaign_of(STARTED.token, replaceable=True),
    ],
)
def test_the_build_on_disk_is_sent_unless_an_unfinished_campaign_started_with_another(campaign):
    assert choose_build(issue_with(CHANGED), campaign, None) is CHANGED


@pytest.mark.parametrize(
    "campaign",
    [campaign_of(STARTED.token), campaign_of(STARTED.token, CampaignState.CANCELLED, replaceable=True)],
)
def test_approving_the_token_of_a_campaign_that_may_go_on_selects_the_build_it_started_with(campaign):
    issue = issue_with(CHANGED, {STARTED.token: STARTED_COPY})
    assert choose_build(issue, campaign, STARTED.token.upper()) == STARTED


@pytest.mark.parametrize(
    ("approve", "copies"), [(None, {STARTED.token: STARTED_COPY}), (CHANGED.token, {}), (STARTED.token, {})]
)
def test_a_changed_build_is_refused_while_a_campaign_is_unfinished(approve, copies):
    error = refusal(choose_build, issue_with(CHANGED, copies), campaign_of(STARTED.token), approve)
    assert STARTED.token in error.message
    assert CHANGED.token in error.message
    assert error.hint.endswith(f"digest send 2026-W47 --live --resume --approve {STARTED.token}")
    assert error.data["accepted"] == 10


# --- Whether it is fit to send ----------------------------------------------------------------------------------------


def test_a_build_is_refused_once_it_would_be_built_differently():
    require_current_build("2026-W47", "old", now="old", file="issue.md", report=REPORT)
    error = refusal(require_current_build, "2026-W47", "old", now="new", file="issue.md", report=REPORT)
    assert error.message == "issue.md, the theme or the configuration has changed since the build old"
    assert error.hint.endswith("digest build 2026-W47")
    assert error.data["pending"] == 25


def finding(code, severity):
    return Finding(code=code, severity=severity, message=f"About {code}", place=Place("issue.md", 3))


def test_only_findings_that_are_errors_refuse_an_email():
    harmless = [finding("T101", Severity.WARNING), finding("T102", Severity.INFO)]
    require_no_errors(harmless, REPORT)
    errors = [finding("L201", Severity.ERROR), finding("D601", Severity.ERROR)]
    error = refusal(require_no_errors, [errors[0], *harmless, errors[1]], REPORT)
    assert error.message == ("the email has errors\n  issue.md:3  L201  About L201\n  issue.md:3  D601  About D601")


def test_the_sample_list_is_mailed_by_local_providers_only():
    sample = Audience(name="weekly", subscribers=read_list(shipped("subscribers/sample.csv"), file="").subscribers)
    require_own_list(sample, LOCAL, files=("weekly.csv",), report=REPORT)
    require_own_list(make_audience(3), REMOTE, files=("weekly.csv",), report=REPORT)
    error = refusal(require_own_list, sample, REMOTE, files=("weekly.csv", "extra.csv"), report=REPORT)
    assert error.hint == "Put your own subscribers in weekly.csv, extra.csv."


# --- What the build says about its delivery ---------------------------------------------------------------------------


def project(root=Path("letter"), *, environ=None, ledger_is_within=None, offline=False, delivery=None, where=""):
    config = Config.model_validate(
        {
            "newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"},
            "delivery": {"provider": "outbox", "audience": "weekly", "unsubscribe_url": LINK, **(delivery or {})},
            "audiences": {"weekly": {"files": ["weekly.csv"], "where": where}},
        }
    )
    address = SimpleNamespace(is_within=ledger_is_within)
    return SimpleNamespace(root=root, config=config, environ=environ or {}, ledger_address=address, offline=offline)


BUILT = make_rendered(provider="outbox", unsubscribe=LINK)
BUILT = replace(
    BUILT,
    manifest=replace(
        BUILT.manifest, audience_files=("weekly.csv",), route=tuple(sorted(project().config.delivery_route.items()))
    ),
)


def test_the_configuration_that_the_build_recorded_is_accepted():
    require_same_configuration(project(), BUILT, REPORT)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"delivery": {"provider": "smtp"}}, "delivery.provider has changed since the build: from 'outbox' to 'smtp'"),
        ({"delivery": {"audience": "all"}}, "delivery.audience has changed since the build: from 'weekly' to 'all'"),
        (
            {"delivery": {"secret_env": "DIGEST_OTHER"}},
            'delivery.secret_env has changed since the build: from "DIGEST_SECRET" to "DIGEST_OTHER"',
        ),
        ({"where": '"pro" in tags'}, "audiences.weekly.where has changed since the build: from '' to "),
        (
            {"delivery": {"unsubscribe_url": f"{LINK}/x"}},
            f"how a reader unsubscribes has changed since the build: from '{LINK}'",
        ),
    ],
)
def test_another_audience_or_another_way_of_delivery_than_the_builds_is_refused(changes, message):
    assert refusal(require_same_configuration, project(**changes), BUILT, REPORT).message.startswith(message)


# --- The ledger and the network ---------------------------------------------------------------------------------------


def in_workspace(workspace):
    return lambda folders: workspace.resolve() in folders


@pytest.mark.parametrize("ci", ["true", "True", "1"])
def test_a_runner_does_not_send_with_a_ledger_that_is_lost_with_its_workspace(tmp_path, ci):
    root, workspace = tmp_path / "workspace/letter", tmp_path / "workspace"
    environ = {"CI": ci, "GITHUB_WORKSPACE": str(workspace)}
    for folder in (root, workspace):
        at_risk = project(root, environ=environ, ledger_is_within=in_workspace(folder))
        assert "outlives the runner" in refusal(require_lasting_ledger, at_risk, REPORT).message
    lasting = project(root, environ=environ, ledger_is_within=in_workspace(tmp_path / "elsewhere"))
    require_lasting_ledger(lasting, REPORT)


@pytest.mark.parametrize("environ", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "0"}])
def test_a_computer_that_is_no_runner_sends_with_any_ledger(environ):
    require_lasting_ledger(project(environ=environ, ledger_is_within=lambda _: True), REPORT)


def test_offline_allows_only_local_providers():
    require_online(project(offline=True), LOCAL, REPORT)
    require_online(project(offline=False), REMOTE, REPORT)
    error = refusal(require_online, project(offline=True), REMOTE, None)
    assert (error.message, error.hint) == (
        "--offline forbids network access, which the provider smtp needs",
        "Run it without --offline.",
    )


def session_of(*, campaigns=None, records=()):
    ledger = None if campaigns is None else SimpleNamespace(campaigns=[SimpleNamespace(issue=id) for id in campaigns])

    def files(id):
        return SimpleNamespace(folder=SimpleNamespace(has_sent_record=id in records))

    return SimpleNamespace(ledger=ledger, issue_ids=("2026-W45", "2026-W46", "2026-W47"), files=files)


@pytest.mark.parametrize(
    ("campaigns", "records"),
    [
        (None, ()),
        (["2026-W47"], ["2026-W47"]),
        (["2026-W46"], ["2026-W45"]),  # an older record is no proof against a ledger that holds other campaigns
    ],
)
def test_a_ledger_that_agrees_with_the_folder_is_accepted(campaigns, records):
    session = session_of(campaigns=campaigns, records=records)
    require_known_ledger(session, SimpleNamespace(id="2026-W47"), new_ledger=False, report=REPORT)


@pytest.mark.parametrize(
    ("campaigns", "records", "lost"),
    [
        (None, ["2026-W47"], "2026-W47"),
        (["2026-W46"], ["2026-W47"], "2026-W47"),
        ([], ["2026-W45", "2026-W46"], "2026-W46"),
    ],
)
def test_a_ledger_without_the_campaign_that_the_folder_records_is_refused_as_lost(campaigns, records, lost):
    session = session_of(campaigns=campaigns, records=records)
    error = refusal(require_known_ledger, session, SimpleNamespace(id="2026-W47"), new_ledger=False, report=REPORT)
    assert error.message.startswith(f"issues/{lost}/sent.toml says that {lost} was sent")
    require_known_ledger(session, SimpleNamespace(id="2026-W47"), new_ledger=True, report=REPORT)
