"""`doctor`: check everything that a send needs, before it is needed, and say how to fix it."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest import __version__
from digest.checks import people_in_git_findings
from digest.config.resources import FORMER_WORKFLOWS, WORKFLOWS, shipped_workflow
from digest.config.secret_environment import MIN_SECRET_BYTES
from digest.delivery.calls.retry import Stop, retry_query
from digest.errors import DigestError, IssueError, UsageError
from digest.mail import parse_sender
from digest.models import is_example_host
from digest.project.github_settings import GitHubSettingsError, default_branch, has_remote, read_environment
from digest.providers import (
    Diagnosis,
    begin_two_phase_test,
    finish_two_phase_test,
    passed_two_phase_test,
    require_two_phase,
)
from digest.subscribers import is_sample
from digest.workflow.building import render
from digest.workflow.people.people_in_git import find_people_in_git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from digest.project import Project, Session
    from digest.project.github_settings import EnvironmentSettings
    from digest.providers import SelfTestStep

    #: Returns the text of each TXT record of a name; empty if there are none. Raises OSError if no server answers.
    Resolve = Callable[[str], tuple[str, ...]]

__all__ = [
    "ENVIRONMENTS",
    "begin_self_test",
    "diagnose",
    "diagnose_domain",
    "diagnose_environment",
    "finish_self_test",
    "resolve_txt",
]

_GITHUB = ".github"
#: The environments of send.yml and collect.yml.
ENVIRONMENTS = ("newsletter", "newsletter-collect")
_TIMEOUT_SECONDS = 5.0


def resolve_txt(name: str) -> tuple[str, ...]:
    """Look up TXT records with the machine's resolver.

    Returns:
        The text of each record; empty when there are none. A record's strings are joined without spaces (RFC 7208,
        section 3.3).

    Raises:
        OSError: No server answers.
    """
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_TIMEOUT_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except dns.exception.DNSException as error:
        raise OSError(f"no DNS server answered for {name}: {error}") from None
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)


def diagnose(
    session: Session, *, resolve: Callable[[str], tuple[str, ...]] = resolve_txt
) -> Iterator[tuple[str, Diagnosis]]:
    """Check each part of the newsletter in turn. An error in one part does not stop the others.

    Args:
        resolve: Looks up TXT records.

    Yields:
        The part of the newsletter that was checked, and the result.
    """
    project = session.project
    parts: tuple[tuple[str, Callable[[], Iterator[Diagnosis]]], ...] = (
        ("newsletter", lambda: _configuration(project)),
        ("templates", lambda: _templates(session)),
        ("lists", lambda: _lists(session)),
        ("state", lambda: _state(session)),
        ("secrets", lambda: _secrets(project)),
        ("delivery", lambda: _provider(project)),
        ("delivery", lambda: _two_phase(session)),
        ("domain", lambda: _domain(project, resolve)),
        ("workflows", lambda: _workflows(project)),
        ("workflows", lambda: _environments(project)),
    )
    for part, look in parts:
        try:
            for diagnosis in look():
                yield part, diagnosis
        except DigestError as error:
            yield part, Diagnosis(what=part, state="error", words=str(error), remedy=error.hint)


def _configuration(project: Project) -> Iterator[Diagnosis]:
    newsletter = project.config.newsletter
    words = f"{project.config_file}: {newsletter.name}, issues in {newsletter.timezone}"
    yield Diagnosis(what="configuration", state="ok", words=words)
    if not newsletter.postal_address.strip():
        remedy = "Set newsletter.postal_address: the law requires one in every commercial email."
        yield Diagnosis(what="postal address", state="error", words="not configured", remedy=remedy)
    if not project.config.sources:
        remedy = "digest add https://example.org/feed.xml"
        yield Diagnosis(what="sources", state="error", words="no source is configured", remedy=remedy)
    if not project.config.unsubscribe_method:
        remedy = f"Set {project.config.unsubscribe_keys}."
        yield Diagnosis(what="unsubscribing", state="error", words="no way to unsubscribe is configured", remedy=remedy)


def _templates(session: Session) -> Iterator[Diagnosis]:
    """Render the open issue, to find errors in a template."""
    theme = session.project.config.theme.name
    try:
        rendered = render(session, session.issue())
    except IssueError as error:
        words = f"the theme {theme} was not tested, because no issue can be read: {error.message}"
        yield Diagnosis(what="theme", state="ok", words=words)
        return
    words = f"{theme} renders {rendered.manifest.issue} in {len(rendered.html.encode()) / 1000:.0f} kB"
    yield Diagnosis(what="theme", state="ok", words=words)


def _lists(session: Session) -> Iterator[Diagnosis]:
    audience = session.audience()
    count = len(audience.subscribers)
    yield Diagnosis(what=f"audience {audience.name}", state="ok", words=f"{count:,} people would be mailed")
    if audience.problems:
        words = f"{len(audience.problems):,} rows need fixing"
        yield Diagnosis(what="lists", state="warning", words=words, remedy="digest subscribers check")
    if is_sample(audience.subscribers):
        files = ", ".join(session.project.audience_config().files)
        words = "this is the sample list, which is never sent to a provider"
        yield Diagnosis(what="lists", state="warning", words=words, remedy=f"Put your own subscribers in {files}.")
    for finding in people_in_git_findings(find_people_in_git(session.project)):
        words = f"{finding.place}: {finding.message}"
        yield Diagnosis(what="lists", state="error", words=words, remedy=finding.hint)


def _state(session: Session) -> Iterator[Diagnosis]:
    project = session.project
    if project.ledger_out_of_reach:
        yield Diagnosis(what="ledger", state="warning", words="not checked, because of --offline")
        return
    if session.ledger is None and project.ledger_address.needs_consent:
        words = "the repository can be reached; there is no ledger on its branch yet"
        remedy = "The first live send creates it: digest send --live --new-ledger"
        yield Diagnosis(what="ledger", state="warning", words=words, remedy=remedy)
        return
    if session.ledger is None:
        yield Diagnosis(what="ledger", state="ok", words="none yet; the first live send creates it")
    else:
        name = "it can be reached" if project.ledger_path is None else project.ledger_path.name
        words = f"{name}{';' if project.ledger_path is None else ','} campaigns: {len(session.ledger.campaigns)}"
        yield Diagnosis(what="ledger", state="ok", words=words)
    if project.ledger_path is not None and project.environ.get("CI", "").lower() in {"true", "1"}:
        remedy = (
            'Keep it on a branch, [state] url = "git+branch://digest-state", or in PostgreSQL: url_env = "DATABASE_URL"'
        )
        words = "a file on this runner, which is lost when the job ends: a live send is refused"
        yield Diagnosis(what="ledger", state="error", words=words, remedy=remedy)


def _secrets(project: Project) -> Iterator[Diagnosis]:
    name, too_short = project.config.delivery.secret_env, project.secrets.too_short
    if too_short:
        words = f"{' and '.join(too_short)}: fewer than {MIN_SECRET_BYTES} bytes, which can be guessed"
        yield Diagnosis(what="secret", state="error", words=words, remedy="Make a new one: openssl rand -hex 32")
    elif not project.needs_secret:
        yield Diagnosis(what="secret", state="ok", words="not needed for this way of sending")
    elif project.environ.get(name):
        yield Diagnosis(what="secret", state="ok", words=f"{name} is set")
    else:
        remedy = f"export {name}=… (python -c 'import secrets; print(secrets.token_hex(32))'), and keep it."
        words = f"{name} is not set; it signs the unsubscribe links"
        yield Diagnosis(what="secret", state="error", words=words, remedy=remedy)


def _provider(project: Project) -> Iterator[Diagnosis]:
    provider = project.open_provider()
    try:
        if project.offline and not provider.capabilities.local:
            yield Diagnosis(what="provider", state="warning", words="not checked, because of --offline")
            return
        _, address = parse_sender(project.config.newsletter.sender)
        yield from provider.diagnose(address)
    finally:
        provider.close()


def _two_phase(session: Session) -> Iterator[Diagnosis]:
    project = session.project
    provider = project.open_provider()
    if provider.holds is None:
        return
    if project.ledger_out_of_reach:
        yield Diagnosis(what="two-phase", state="warning", words="unknown, because of --offline")
        return
    if session.ledger is not None and passed_two_phase_test(provider, session.ledger):
        yield Diagnosis(what="two-phase", state="ok", words="the self-test has passed with this key")
        return
    words = f"not tested with this key; it relies on what {provider.name} documents"
    remedy = "digest doctor --two-phase --to you@example.org"
    yield Diagnosis(what="two-phase", state="warning", words=words, remedy=remedy)


def _domain(project: Project, resolve: Callable[[str], tuple[str, ...]]) -> Iterator[Diagnosis]:
    provider = project.open_provider()
    domain = parse_sender(project.config.newsletter.sender)[1].rpartition("@")[2]
    if provider.capabilities.local:
        yield Diagnosis(what="DNS", state="ok", words="not checked, because nothing leaves this machine")
    elif is_example_host(domain):
        remedy = "Set newsletter.sender to an address of your own domain."
        yield Diagnosis(what="DNS", state="error", words=f"{domain} is reserved for examples", remedy=remedy)
    elif project.offline:
        yield Diagnosis(what="DNS", state="warning", words="not checked, because of --offline")
    else:
        yield from diagnose_domain(domain, selectors=provider.capabilities.dkim_selectors, resolve=resolve)


def _workflows(project: Project) -> Iterator[Diagnosis]:
    """Compare the workflows with this version's. A difference is only a warning: it may be the user's own change."""
    update = "digest init --workflows writes this version's file, and keeps yours in .digest/undo/."
    for name in WORKFLOWS:
        path, what = project.root / _GITHUB / name, name.rpartition("/")[2].removesuffix(".yml")
        if not path.is_file():
            yield Diagnosis(what=what, state="warning", words=f"there is no {_GITHUB}/{name}", remedy=update)
            continue
        own = path.read_text(encoding="utf-8", errors="replace")
        if own == shipped_workflow(name, timezone=project.config.newsletter.timezone, version=__version__):
            yield Diagnosis(what=what, state="ok", words="the same as this version's")
        else:
            words = f"{_GITHUB}/{name} differs from this version's"
            yield Diagnosis(what=what, state="warning", words=words, remedy=f"If you did not edit it: {update}")
    for name in FORMER_WORKFLOWS:
        if (project.root / _GITHUB / name).is_file():
            words = f"{_GITHUB}/{name} is from an earlier version, and still runs alongside its replacement"
            yield Diagnosis(what=name.rpartition("/")[2], state="warning", words=words, remedy=update)


def _environments(project: Project) -> Iterator[Diagnosis]:
    """Check that only the default branch can use the keys of the workflows."""
    if not (project.root / _GITHUB / "workflows/send.yml").is_file() or not has_remote(project.root, project.environ):
        return
    if project.offline:
        yield Diagnosis(what="environments", state="warning", words="not checked, because of --offline")
        return
    try:
        branch = default_branch(project.root, project.environ)
        for name in ENVIRONMENTS:
            yield diagnose_environment(name, read_environment(name, project.root, project.environ), branch=branch)
    except GitHubSettingsError as error:
        yield Diagnosis(what="environments", state="warning", words=f"not checked: {error}", remedy=error.hint)


def diagnose_environment(name: str, settings: EnvironmentSettings | None, *, branch: str) -> Diagnosis:
    """Judge who can use the keys in one of ``ENVIRONMENTS``. Pure.

    Args:
        settings: None if there is no such environment.
        branch: The repository's default branch.
    """
    remedy = f"Restrict it to {branch}: Settings, Environments, {name}, Deployment branches and tags."
    if settings is None:
        words = "there is no such environment, so every workflow on every branch can use the keys"
        remedy = (
            f"Create it for the branch {branch} and move the keys there; see step 5 of the guide Every week on GitHub."
        )
        return Diagnosis(what=name, state="warning", words=words, remedy=remedy)
    if settings.branches is None:
        words = "a workflow on any branch can use its keys, even one that nobody has reviewed"
        return Diagnosis(what=name, state="error", words=words, remedy=remedy)
    if others := [other for other in settings.branches if other != branch]:
        words = f"its keys can be used on more than the branch {branch}: {', '.join(others)}"
        return Diagnosis(what=name, state="error", words=words, remedy=remedy)
    if not settings.branches and not settings.protected_only:
        words = "no branch may use its keys"
        return Diagnosis(what=name, state="error", words=words, remedy=remedy)
    if settings.reviewed and name == ENVIRONMENTS[1]:
        words = "it has required reviewers, so each scheduled run waits for one of them"
        remedy = f"Remove them: Settings, Environments, {name}. No key in it can send."
        return Diagnosis(what=name, state="warning", words=words, remedy=remedy)
    allowed = "protected branches" if settings.protected_only else f"the branch {branch}"
    return Diagnosis(what=name, state="ok", words=f"its keys can be used on {allowed} only")


def begin_self_test(
    project: Project, to: str, *, sleep: Callable[[float], object] = time.sleep
) -> tuple[datetime, Iterator[SelfTestStep]]:
    """Send both mails of the two-phase self-test to ``to``; see `begin_two_phase_test`.

    Raises:
        UsageError: The provider cannot hold mail back, --offline is set, or ``to`` is not an email address.
        CredentialsError: The provider's key is not set.
    """
    provider = project.open_provider()
    require_two_phase(provider)
    if project.offline:
        raise UsageError(
            f"--offline forbids network access, which the provider {provider.name} needs",
            hint="Run it without --offline.",
        )
    return begin_two_phase_test(
        provider,
        to,
        newsletter=project.config.newsletter.name,
        sender=parse_sender(project.config.newsletter.sender),
        undo=timedelta(minutes=project.config.delivery.undo_minutes),
        now=project.now,
        open_store=project.open_ledger,
        ask=partial(retry_query, stop=Stop(), sleep=sleep),
    )


def finish_self_test(project: Project, code: str) -> None:
    """Record the code of a mail that arrived. Raises the same errors as `finish_two_phase_test`."""
    provider = project.open_provider()
    if not project.ledger_address.exists():
        finish_two_phase_test(provider, code, store=None, now=project.now)
        return
    with project.open_ledger() as ledger:
        finish_two_phase_test(provider, code, store=ledger, now=project.now)


# -- DNS records of the sender's domain: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) ---


def diagnose_domain(domain: str, *, selectors: Sequence[str], resolve: Resolve = resolve_txt) -> Iterator[Diagnosis]:
    """Check a domain. Gmail and Yahoo require all three records of bulk senders.

    See https://support.google.com/a/answer/81126 for Gmail's rules.

    Args:
        domain: The domain of the sender's address.
        selectors: The DKIM selectors of the provider; without any, DKIM is not checked.
        resolve: Looks up TXT records.
    """
    try:
        yield _spf(domain, resolve)
        yield from _dkim(domain, selectors, resolve)
        yield _dmarc(domain, resolve)
    except OSError as error:
        yield Diagnosis(what="DNS", state="warning", words=str(error), remedy="Try again with a network connection.")


def _spf(domain: str, resolve: Resolve) -> Diagnosis:
    records = [text for text in resolve(domain) if text.lower().startswith("v=spf1")]
    if len(records) == 1:
        return Diagnosis(what="SPF", state="ok", words=records[0][:80])
    if records:
        remedy = "Join them into one: with two, receivers report an error (RFC 7208, section 4.5)."
        return Diagnosis(what="SPF", state="error", words=f"{domain} has {len(records)} SPF records", remedy=remedy)
    remedy = "Publish the record that your provider names, such as v=spf1 include:… -all."
    return Diagnosis(what="SPF", state="warning", words=f"{domain} has no SPF record", remedy=remedy)


def _dkim(domain: str, selectors: Sequence[str], resolve: Resolve) -> Iterator[Diagnosis]:
    if not selectors:
        return
    published = [name for name in selectors if any("p=" in text for text in resolve(f"{name}._domainkey.{domain}"))]
    if published:
        words = f"a key is published: {', '.join(published)}._domainkey.{domain}"
        yield Diagnosis(what="DKIM", state="ok", words=words)
        return
    remedy = "Publish the CNAME records of the provider's domain authentication."
    words = f"no key is published at {' or '.join(selectors)}._domainkey.{domain}"
    yield Diagnosis(what="DKIM", state="warning", words=words, remedy=remedy)


def _dmarc(domain: str, resolve: Resolve) -> Diagnosis:
    """Check the record of the domain, or else of its organizational domain (RFC 7489, section 6.6.3).

    The organizational domain is taken to be the last two labels, which is wrong for names such as example.co.uk.
    """
    above = ".".join(domain.split(".")[-2:])
    for name in dict.fromkeys((domain, above)):
        records = [text for text in resolve(f"_dmarc.{name}") if text.lower().startswith("v=dmarc1")]
        if len(records) == 1:
            return Diagnosis(what="DMARC", state="ok", words=records[0][:80])
        if records:
            remedy = "Keep one: with two, receivers ignore both (RFC 7489, section 6.6.3)."
            return Diagnosis(what="DMARC", state="error", words=f"{name} has two DMARC records", remedy=remedy)
    remedy = f'Publish _dmarc.{domain} TXT "v=DMARC1; p=none; rua=mailto:…" to begin with.'
    return Diagnosis(what="DMARC", state="error", words=f"{domain} has no DMARC record", remedy=remedy)
