"""A ledger on a git branch: refused pushes, lost replies, killed runners, and the number of network calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import update

from digest.delivery import CampaignRefusedError, CampaignState, PlannedBatch, find_ledger, open_ledger
from digest.delivery.stores.git_branch import BranchMovedError, GitBranch
from digest.delivery.stores.ledger_schema import meta
from digest.errors import ConfigError, CredentialsError, LedgerError
from digest.models import IssueId, Suppression, SuppressionReason
from digest.testing.campaigns import NOON, CampaignHarness, ScriptedProvider, make_rendered
from digest.testing.fake_sendgrid import FakeSendGrid

GIT = "git+branch://digest-state"
#: A program that sends to 1,000 people in calls of 100 from its own clone, as a runner does.
RUNNER = """
import os, sys
from pathlib import Path
from digest.config import Config
from digest.delivery import CampaignError, open_ledger, send_campaign
from digest.providers import Capabilities
from digest.providers.sendgrid import SendGridProvider
from digest.testing.campaigns import NOON, make_audience, make_rendered

class SmallCalls(SendGridProvider):
    capabilities = Capabilities(max_recipients=100)

root, host = Path(sys.argv[1]), sys.argv[2]
newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>"}
config = Config.model_validate({"newsletter": newsletter, "providers": {"sendgrid": {"host": host}}})
provider = SmallCalls(config=config, environ={"SENDGRID_API_KEY": "SG.fake-key"}, root=Path(), now=lambda: NOON)
environ = {**os.environ, "DIGEST_LEDGER_KEY": "a key for all tests"}
try:
    with open_ledger("git+branch://digest-state", root=root, environ=environ, now=lambda: NOON) as ledger:
        send_campaign(make_rendered(), make_audience(1000), ledger=ledger, provider=provider, config=config,
                      now=lambda: NOON, secret=b"secret", resume=True, sleep=lambda seconds: None)
except CampaignError as error:
    sys.exit(error.exit_code)
"""
#: A git that sometimes reports a failed push, either without pushing or after pushing, as when the reply is lost.
FLAKY = """#!/bin/sh
case " $* " in
  *" push "*)
    n=$(cat "{folder}/count" 2>/dev/null || echo 0); n=$((n + 1)); echo $n > "{folder}/count"
    case $((n % 5)) in
      1) echo "fatal: the remote end hung up unexpectedly" >&2; exit 128;;
      3) {git} "$@"; echo "fatal: the remote end hung up unexpectedly" >&2; exit 128;;
    esac;;
esac
exec {git} "$@"
"""
#: A git whose first fetch hangs, holding the lock that any later fetch with a depth needs.
HANGING = """#!/bin/sh
case " $* " in
  *" fetch "*) [ -e "{folder}/hung" ] || {{ touch "{folder}/hung" "$2/shallow.lock"; exec sleep 20; }};;
esac
exec {git} "$@"
"""


def git(*arguments, cwd):
    process = subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    return process.stdout


@pytest.fixture
def another(clone):
    """Another clone of the same remote."""
    folder = clone.with_name("another")
    git("clone", "--quiet", str(clone.with_name("remote.git")), str(folder), cwd=clone.parent)
    return folder


@pytest.fixture
def flaky(tmp_path):
    """An environment in which git loses replies."""
    folder = tmp_path / "flaky"
    folder.mkdir()
    program = folder / "git"
    program.write_text(FLAKY.format(folder=folder, git=shutil.which("git")))
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def begin(ledger, batches=2):
    batch_plan = [PlannedBatch(no=no, keys=no.to_bytes(16, "big")) for no in range(1, batches + 1)]
    named = {"issue": "2026-W47", "audience": "weekly", "token": "t", "provider": "p"}
    return ledger.start(**named, skipped=0, batches=lambda: batch_plan)


def content(clone):
    remote = clone.with_name("remote.git")
    names = git("ls-tree", "--name-only", "digest-state", cwd=remote).split()
    return {name: git("show", f"digest-state:{name}", cwd=remote) for name in names}


def test_a_missing_or_empty_branch_needs_consent_to_be_created(clone, open_branch):
    with pytest.raises(CampaignRefusedError, match="no ledger on the branch") as caught:
        open_branch(new=False)
    assert "--new-ledger" in caught.value.hint
    (clone / "notes").write_text("x")
    git("add", "notes", cwd=clone)
    git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "x", cwd=clone)
    git("push", "-q", "origin", "HEAD:refs/heads/digest-state", cwd=clone)
    with pytest.raises(CampaignRefusedError, match="no ledger on the branch"):
        open_branch(new=False)
    open_branch(new=True).close()
    assert set(content(clone)) == {"ledger.jsonl", "notes"}
    with open_branch(new=False) as ledger:
        assert ledger.campaigns() == ()


def test_each_step_is_one_commit_with_a_summary_and_no_address(clone, open_branch):
    with CampaignHarness(clone, ledger=open_branch()) as harness:
        assert harness.send().accepted == 25
    history = git("log", "--format=%s", "--reverse", "digest-state", cwd=clone.with_name("remote.git")).splitlines()
    assert history[0] == "The ledger begins"
    assert history[1] == "2026-W47 to weekly: sending"
    assert history[2:8] == [f"2026-W47: batch {no} {state}" for no in (1, 2, 3) for state in ("sending", "accepted")]
    assert history[-1] == "2026-W47 to weekly: sent"
    assert set(content(clone)) == {"ledger.jsonl", "2026-W47.jsonl"}
    assert "example" not in "".join(content(clone).values())


def test_a_claim_is_pushed_before_the_call_that_it_announces(clone, open_branch):
    with CampaignHarness(clone, ledger=open_branch()) as harness:
        subjects = []

        def look(recipients):
            subjects.append(git("log", "-1", "--format=%s", "digest-state", cwd=clone.with_name("remote.git")).strip())
            return harness.provider.accepted

        harness.provider.answers.extend([look, look, look])
        harness.send()
    assert subjects == [f"2026-W47: batch {no} sending" for no in (1, 2, 3)]


def test_a_refused_push_loses_no_outcome_and_duplicates_no_claim(another, open_branch):
    with open_branch() as first, open_branch(root=another) as second:
        first_campaign = begin(first)
        claim = first_campaign.claim(1)
        second.refresh()
        second_campaign = second.open_campaign("2026-W47", "weekly")
        taken = second_campaign.claim(2)
        # The first push is refused, because the other sender has pushed.
        first_campaign.settle(1, claim, outcome="accepted")
        second_campaign.settle(2, taken, outcome="accepted")
        with pytest.raises(LedgerError, match="taken"):
            first_campaign.claim(2)
        first.refresh()
        assert first.campaigns() == second.campaigns()
        assert first.campaigns()[0].report.accepted == 2


def test_two_senders_that_claim_the_same_batch_get_it_once(another, open_branch):
    with open_branch() as first, open_branch(root=another) as second:
        first_campaign = begin(first)
        second.refresh()
        second_campaign = second.open_campaign("2026-W47", "weekly")
        first_campaign.claim(1)
        with pytest.raises(LedgerError, match="taken"):  # the copy of the second sender still says pending
            second_campaign.claim(1)


def test_an_outcome_is_recorded_after_its_sender_was_taken_for_dead(another, open_branch):
    with open_branch() as first, open_branch(root=another) as second:
        first_campaign = begin(first)
        claim = first_campaign.claim(1)
        second.refresh()
        second.open_campaign("2026-W47", "weekly").recover()
        assert second.campaigns()[0].report.unknown == 1
        first_campaign.settle(1, claim, outcome="accepted")
        second.refresh()
        assert second.campaigns()[0].report.accepted == 1


def test_two_senders_that_start_the_same_campaign_make_one(another, open_branch):
    with open_branch() as first, open_branch(root=another) as second:
        begin(first)
        with pytest.raises(LedgerError, match="exists already"):
            begin(second)
        assert len(second.campaigns()) == 1


def test_a_fetch_tells_whether_a_push_with_a_lost_reply_arrived(clone, flaky):
    ledger = open_ledger(
        GIT, root=clone, environ={**flaky, "DIGEST_LEDGER_KEY": "a key for all tests"}, now=lambda: NOON, new=True
    )
    with CampaignHarness(clone, ledger=ledger) as harness:
        assert harness.send().accepted == 25
        assert sorted(harness.provider.mailed) == sorted(harness.everyone)
    lines = content(clone)["2026-W47.jsonl"].splitlines()
    assert len(lines) == len(set(lines))


def test_a_fetch_that_was_killed_leaves_no_lock_and_the_newsletter_keeps_its_own(
    clone, open_branch, tmp_path, monkeypatch
):
    open_branch().close()
    monkeypatch.setattr("digest.delivery.stores.git_branch._WAITS", (0, 0))
    monkeypatch.setattr("digest.delivery.stores.git_branch._NETWORK_SECONDS", 2)
    script = tmp_path / "bin/git"
    script.parent.mkdir()
    script.write_text(HANGING.format(folder=tmp_path, git=shutil.which("git")))
    script.chmod(0o755)
    locks = [clone / "uv.lock", clone / ".git/packed-refs.lock"]
    for lock in locks:
        lock.touch()
    environ = {
        **os.environ,
        "PATH": f"{script.parent}:{os.environ['PATH']}",
        "DIGEST_LEDGER_KEY": "a key for all tests",
    }
    with open_ledger(GIT, root=clone, environ=environ, now=lambda: NOON) as ledger:
        assert ledger.campaigns() == ()
    assert (tmp_path / "hung").exists()
    assert all(lock.exists() for lock in locks)


def test_nothing_is_posted_while_the_remote_cannot_be_reached(clone, open_branch, monkeypatch):
    monkeypatch.setattr("digest.delivery.stores.git_branch._WAITS", (0, 0))
    with CampaignHarness(clone, ledger=open_branch()) as harness:
        clone.with_name("remote.git").rename(clone.with_name("gone.git"))
        with pytest.raises(LedgerError, match="cannot be reached") as caught:
            harness.send()
        assert "digest status" in caught.value.hint
        assert harness.provider.calls == []


def test_a_wrong_or_missing_key_is_refused(clone, open_branch):
    open_branch().close()
    with pytest.raises(CredentialsError, match="another key"):
        open_branch(key="another key for all tests")
    with pytest.raises(CredentialsError, match="DIGEST_LEDGER_KEY is not set"):
        open_branch(key="")
    with pytest.raises(ConfigError, match="upstream"):
        open_branch(url=f"{GIT}?remote=upstream")
    with pytest.raises(ConfigError, match="not a git repository") as caught:
        open_branch(root=clone.parent)
    assert "git remote add" in caught.value.hint


def test_a_clone_that_git_refuses_to_read_is_reported_with_gits_reason(open_branch, monkeypatch):
    """In a container, the user may not own the folder, and git refuses to read it."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(ConfigError, match="holds the ledger: fatal: detected dubious ownership"):
        open_branch()


def test_a_relative_remote_is_found_from_a_subfolder_of_the_clone(clone, open_branch):
    git("remote", "set-url", "origin", "../remote.git", cwd=clone)
    (clone / "letter").mkdir()
    open_branch(root=clone / "letter").close()
    assert set(content(clone)) == {"ledger.jsonl"}


def put(another, change, *, name="2026-W47.jsonl", anchored=False):
    """Push a change of a file, by default the issue's, from another clone; with ``anchored``, the tag as well."""
    git("fetch", "-q", "origin", "digest-state", cwd=another)
    git("checkout", "-q", "-B", "digest-state", "FETCH_HEAD", cwd=another)
    file = another / name
    text = change(file.read_text() if file.exists() else "")
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    git("add", "-A", ".", cwd=another)
    git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "x", cwd=another)
    tags = ["+HEAD:refs/tags/digest-state-anchor"] if anchored else []
    git("push", "-q", "origin", "HEAD:refs/heads/digest-state", *tags, cwd=another)


def send_everything(open_branch, clone):
    with CampaignHarness(clone, ledger=open_branch()) as harness:
        harness.send()


def swap_lines(text):
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:1], lines[2], lines[1], *lines[3:]])


TAMPERING = {
    "edited": ("2026-W47.jsonl", lambda text: text.replace('"state":"accepted"', '"state":"pending"', 1)),
    "forged": ("2026-W47.jsonl", lambda text: text + '["=","campaign",{"id":1},{"state":"held"},"' + "0" * 32 + '"]\n'),
    "without a MAC": ("2026-W47.jsonl", lambda text: text + '["=","batch",{"campaign":1\n'),
    "reordered": ("2026-W47.jsonl", swap_lines),
    "replayed": ("2026-W47.jsonl", lambda text: text + text.splitlines(keepends=True)[3]),
    "shortened": ("2026-W47.jsonl", lambda text: "".join(text.splitlines(keepends=True)[:-1])),
    "lost": ("2026-W47.jsonl", lambda _: None),
    "added": ("2026-W46.jsonl", lambda _: '["+","campaign",{},"' + "0" * 32 + '"]\n'),
    "common file shortened": ("ledger.jsonl", lambda text: "".join(text.splitlines(keepends=True)[:-1])),
    "common file lost": ("ledger.jsonl", lambda _: None),
    "committed anew": ("notes", lambda _: "x"),
}


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("kind", TAMPERING)
def test_a_changed_ledger_is_refused_from_any_clone(clone, another, open_branch, kind, anchored):
    send_everything(open_branch, clone)
    name, change = TAMPERING[kind]
    put(another, change, name=name, anchored=anchored)
    if kind == "committed anew" and not anchored:  # another file does not concern the ledger
        open_branch(new=False).close()
        return
    for new in (False, True):
        with pytest.raises(LedgerError) as caught:
            open_branch(new=new)
        assert (caught.value.exit_code, "git push --force origin" in caught.value.hint) == (6, True)


def test_a_rewound_or_deleted_branch_is_refused_and_restored_from_the_tag(clone, another, open_branch):
    send_everything(open_branch, clone)
    remote = clone.with_name("remote.git")
    first, last = (
        git("rev-list", *order, "digest-state", cwd=remote).split()[0] for order in (["--reverse"], ["--max-count=1"])
    )
    for command in (["update-ref", "refs/heads/digest-state", first], ["update-ref", "-d", "refs/heads/digest-state"]):
        git(*command, cwd=remote)
        with pytest.raises(LedgerError, match="it is not what the tag digest-state-anchor names") as caught:
            open_branch(root=another)
        assert caught.value.exit_code == 6
        for step in caught.value.hint.removeprefix("Restore it from the tag: ").split(", then ")[:2]:
            git(*step.split(", then")[0].split()[1:], cwd=another)
        assert git("rev-parse", "digest-state", cwd=remote).strip() == last
        with open_branch(root=another, new=False) as ledger:
            assert ledger.campaigns()[0].report.accepted == 25


def test_a_missing_tag_is_refused(clone, open_branch):
    send_everything(open_branch, clone)
    git("update-ref", "-d", "refs/tags/digest-state-anchor", cwd=clone.with_name("remote.git"))
    with pytest.raises(LedgerError, match=r"the tag digest-state-anchor, which .* is missing"):
        open_branch()


def test_a_ledger_that_is_changed_during_a_send_stops_it(another, open_branch):
    with open_branch() as ledger:
        batches = begin(ledger)
        put(another, lambda text: "".join(text.splitlines(keepends=True)[:-1]), anchored=True)
        with pytest.raises(LedgerError, match=r"2026-W47.jsonl on the branch digest-state was rewritten"):
            batches.claim(1)


def test_a_branch_that_disappeared_is_not_recreated(clone, open_branch, monkeypatch):
    """A shallow copy cannot restore the branch, so the lines of this process alone must not replace it."""
    monkeypatch.setattr("digest.delivery.stores.git_branch._WAITS", (0, 0))
    remote = clone.with_name("remote.git")
    with open_branch() as ledger:
        batches = begin(ledger)
        git("update-ref", "-d", "refs/heads/digest-state", cwd=remote)
        monkeypatch.setattr(
            GitBranch, "push", lambda branch, *_: branch.fetch() or (_ for _ in ()).throw(BranchMovedError)
        )
        with pytest.raises(LedgerError, match="the branch digest-state, which holds the ledger, was deleted"):
            batches.claim(1)


def test_lines_of_a_newer_version_ask_for_an_upgrade(open_branch):
    with open_branch() as ledger:
        begin(ledger)
        newer = update(meta).where(meta.c.name == "version").values(value="9999")
        ledger._store.write(lambda connection: connection.execute(newer))
    with pytest.raises(LedgerError, match="newer version"):
        open_branch(new=False)


def header_for(clone, remote, **environ):
    """The variables that make git send the token, as GitBranch sets them for a remote."""
    git("remote", "set-url", "origin", remote, cwd=clone)
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT")}
    branch = GitBranch(clone, branch="b", remote="origin", token="t0ken", environ={**own, **environ}, sleep=time.sleep)
    branch.close()
    assert "t0ken" not in repr(branch._environ)  # the header encodes it in base64
    return {name: value for name, value in branch._environ.items() if name.startswith("GIT_CONFIG")}


@pytest.mark.parametrize(
    ("remote", "server", "key"),
    [
        ("https://github.com/team/letter.git", "", "https://github.com/"),
        ("https://me@GitHub.com/team/letter.git", "https://github.com", "https://GitHub.com/"),
        ("https://git.example:8443/team/letter.git", "https://git.example:8443", "https://git.example:8443/"),
        ("https://github.com/team/letter.git", "https://git.example", "https://github.com/"),
    ],
)
def test_a_token_is_passed_in_the_environment_to_github_only(clone, remote, server, key):
    variables = header_for(clone, remote, GITHUB_SERVER_URL=server)
    assert variables["GIT_CONFIG_KEY_0"] == f"http.{key}.extraheader"
    assert variables["GIT_CONFIG_VALUE_0"].startswith("AUTHORIZATION: basic ")


@pytest.mark.parametrize(
    ("remote", "server"),
    [
        ("https://git.example/team/letter.git", ""),
        ("https://github.com.git.example/team/letter.git", "https://github.com"),
        ("https://github.com@git.example/team/letter.git", "https://github.com"),
        ("https://git.example/github.com/letter.git", "http://git.example"),
        ("https://sub.github.com/letter.git", ""),
        ("http://github.com/team/letter.git", "http://github.com"),
    ],
)
def test_a_token_goes_to_no_other_host(clone, remote, server):
    assert header_for(clone, remote, GITHUB_SERVER_URL=server) == {}


def test_a_token_keeps_the_users_own_git_config_variables(clone):
    own = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "http://127.0.0.1:9"}
    variables = header_for(clone, "https://github.com/team/letter.git", **own)
    assert variables["GIT_CONFIG_COUNT"] == "2"
    assert variables["GIT_CONFIG_KEY_0"] == "http.proxy"
    assert variables["GIT_CONFIG_KEY_1"] == "http.https://github.com/.extraheader"


def test_folders_and_odd_file_names_on_the_branch_are_left_alone(clone, another, open_branch):
    open_branch().close()
    git("fetch", "-q", "origin", "digest-state", cwd=another)
    git("checkout", "-q", "-B", "digest-state", "FETCH_HEAD", cwd=another)
    (another / "docs.jsonl").mkdir()
    (another / "docs.jsonl" / "page").write_text("x")
    os.close(os.open(os.fsencode(another) + b"/caf\xe9 \t", os.O_CREAT))
    git("add", ".", cwd=another)
    git("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "x", cwd=another)
    git("push", "-q", "origin", "digest-state", cwd=another)
    with open_branch(new=False) as ledger:
        begin(ledger)
    remote = clone.with_name("remote.git")
    names = git("ls-tree", "-r", "--name-only", "digest-state", cwd=remote).splitlines()
    assert names == ["2026-W47.jsonl", r'"caf\351 \t"', "docs.jsonl/page", "ledger.jsonl"]


def test_the_users_hooks_and_push_settings_do_not_interfere(clone, open_branch, tmp_path, monkeypatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "pre-commit", "commit-msg"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[core]\n hooksPath = {hooks}\n[push]\n gpgSign = true\n followTags = true\n recurseSubmodules = check\n"
        "[commit]\n gpgSign = true\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    with open_branch() as ledger:
        begin(ledger)
    assert set(content(clone)) == {"2026-W47.jsonl", "ledger.jsonl"}


def test_a_failing_git_command_is_reported(clone, open_branch, monkeypatch):
    with open_branch() as ledger:
        shutil.rmtree(ledger._store._branch._folder / "objects")
        with pytest.raises(LedgerError, match="git cannot work on a copy of the branch"):
            begin(ledger)


@pytest.mark.long
@pytest.mark.parametrize("broken", [False, True], ids=["git", "flaky git"])
def test_two_runners_send_at_once_and_one_is_killed(clone, another, open_branch, flaky, broken):
    """The survivor finishes the campaign: nobody is mailed twice, and only calls in flight at the kill are unknown."""
    open_branch().close()
    environ = flaky if broken else dict(os.environ)

    def take_time(what, body):
        time.sleep(0.05)

    with FakeSendGrid(clock=NOON.timestamp) as fake:
        fake.watch = take_time
        commands = [[sys.executable, "-c", RUNNER, str(root), fake.host] for root in (clone, another)]
        runners = [subprocess.Popen(command, env=environ) for command in commands]
        deadline = time.monotonic() + 60
        while len(fake.mails) < 300 and time.monotonic() < deadline:
            time.sleep(0.02)
        runners[0].kill()
        codes = [runner.wait(timeout=120) for runner in runners]
        for _ in range(2):  # later runs finish what is left
            if codes[-1] in {0, 8}:
                break
            codes.append(subprocess.run(commands[1], env=environ, check=False, timeout=120).returncode)
        counts = Counter(mail.to for mail in fake.mails)
    with open_branch(new=False) as ledger:
        report = ledger.campaigns()[0].report
    assert codes[-1] in {0, 7, 8}
    assert max(counts.values()) == 1
    assert (report.pending, report.accepted + report.unknown) == (0, 1000)
    assert report.unknown <= 100
    assert report.accepted <= len(counts) <= 1000


@pytest.fixture
def network_calls(tmp_path, monkeypatch):
    """Names the git commands that have used the network so far."""
    log, program = tmp_path / "network-calls", tmp_path / "counting" / "git"
    program.parent.mkdir()
    network = "fetch|push|pull|clone|ls-remote"
    program.write_text(
        f'#!/bin/sh\nfor word in "$@"; do case $word in {network}) echo "$word" >> "{log}"; break;; esac; done\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def read():
        calls = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return calls

    return read


def find(clone):
    return find_ledger(
        GIT, root=clone, environ={**os.environ, "DIGEST_LEDGER_KEY": "a key for all tests"}, now=lambda: NOON
    )


def test_finding_opening_and_reading_the_ledger_is_one_fetch(clone, open_branch, network_calls):
    assert find(clone) is None
    assert network_calls() == ["fetch"] * 2  # there is neither a branch nor a tag
    open_branch().close()
    assert network_calls() == ["fetch", "fetch", "push"]
    with find(clone) as ledger:
        ledger.remember("two_phase", "passed")
        network_calls()
    with find(clone) as ledger:
        snapshot = ledger.snapshot()
        assert (snapshot.campaigns, snapshot.suppressions) == ((), {})
        assert (snapshot.recall("two_phase"), snapshot.recall("version")) == ("passed", None)
    assert network_calls() == ["fetch"]


def test_a_live_send_of_one_call_takes_few_network_calls(clone, open_branch, network_calls):
    """Each push is a guarantee: the campaign, the claim before the call, its outcome, and the end."""
    with CampaignHarness(clone, ledger=open_branch()) as harness:
        harness.provider = ScriptedProvider(max_recipients=1000)
        harness.provider.reported_suppressions = [
            Suppression(email="r00001@example.com", reason=SuppressionReason.HARD_BOUNCE)
        ]
        harness.ledger.refresh()
        assert harness.send().accepted == 24
        assert network_calls() == ["fetch", "fetch", "push", "fetch", "push", "push", "push", "push", "push"]
        harness.rendered = make_rendered(issue="2026-W48")
        harness.ledger.refresh()
        assert harness.send().accepted == 24
    assert network_calls() == ["fetch", "push", "push", "push", "push"]  # the suppressions have not changed


def test_a_further_issue_of_a_week_has_a_campaign_and_a_file_of_its_own(clone, open_branch):
    with CampaignHarness(clone, ledger=open_branch()) as harness:
        for issue in ("2026-W47", "2026-W47b", "2026-W48"):
            harness.rendered = make_rendered(issue=issue)
            assert harness.send().accepted == 25
    assert set(content(clone)) == {"ledger.jsonl", "2026-W47.jsonl", "2026-W47b.jsonl", "2026-W48.jsonl"}
    with open_branch(new=False) as ledger:
        snapshot = ledger.snapshot()
        assert [each.issue for each in snapshot.campaigns] == ["2026-W47", "2026-W47b", "2026-W48"]
        assert snapshot.campaign(IssueId("2026-W47b"), "weekly").state is CampaignState.SENT
        assert snapshot.campaigns[1].issue.letter == "b"
