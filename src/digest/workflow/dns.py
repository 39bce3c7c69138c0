"""What a sender's domain says of itself: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.providers import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    #: The texts of TXT records of a name, whole; empty where there are none. Raises OSError when nobody answers.
    Resolve = Callable[[str], tuple[str, ...]]

__all__ = ["diagnose_domain", "resolve_txt"]

_SECONDS = 5.0


def resolve_txt(name: str) -> tuple[str, ...]:
    """Ask the machine's own resolver.

    Raises:
        OSError: Nobody answers.
    """
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except dns.exception.DNSException as error:
        raise OSError(f"no answer about {name}: {error}") from None
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)


def diagnose_domain(domain: str, *, selectors: Sequence[str], resolve: Resolve = resolve_txt) -> Iterator[Diagnosis]:
    """Check a domain. Gmail and Yahoo require all three of bulk senders.

    Args:
        domain: The sender's.
        selectors: The DKIM selectors of the provider; without any, DKIM is not checked.
        resolve: Looks up TXT records.
    """
    try:
        yield _spf(domain, resolve)
        yield from _dkim(domain, selectors, resolve)
        yield _dmarc(domain, resolve)
    except OSError as error:
        yield Diagnosis(what="DNS", state="warning", words=str(error), remedy="Try again with a network.")


def _spf(domain: str, resolve: Resolve) -> Diagnosis:
    records = [text for text in resolve(domain) if text.lower().startswith("v=spf1")]
    if len(records) == 1:
        return Diagnosis(what="SPF", state="ok", words=records[0][:80])
    if records:
        remedy = "Join them into one: with two, both count as broken (RFC 7208, section 4.5)."
        return Diagnosis(what="SPF", state="error", words=f"{domain} has {len(records)} SPF records", remedy=remedy)
    remedy = "Publish what your provider tells you, such as v=spf1 include:… -all."
    return Diagnosis(what="SPF", state="warning", words=f"{domain} has no SPF record", remedy=remedy)


def _dkim(domain: str, selectors: Sequence[str], resolve: Resolve) -> Iterator[Diagnosis]:
    if not selectors:
        return
    found = [name for name in selectors if any("p=" in text for text in resolve(f"{name}._domainkey.{domain}"))]
    if found:
        yield Diagnosis(what="DKIM", state="ok", words=f"a key is published: {', '.join(found)}._domainkey.{domain}")
        return
    remedy = "Publish the CNAME records of the provider's domain authentication."
    words = f"no key is published at {' or '.join(selectors)}._domainkey.{domain}"
    yield Diagnosis(what="DKIM", state="warning", words=words, remedy=remedy)


def _dmarc(domain: str, resolve: Resolve) -> Diagnosis:
    """The record of the domain, or of one above it (RFC 7489, section 6.6.3, by the last two labels)."""
    above = ".".join(domain.split(".")[-2:])
    for name in dict.fromkeys((domain, above)):
        records = [text for text in resolve(f"_dmarc.{name}") if text.lower().startswith("v=dmarc1")]
        if len(records) == 1:
            return Diagnosis(what="DMARC", state="ok", words=records[0][:80])
        if records:
            remedy = "Keep one: with two, neither counts."
            return Diagnosis(what="DMARC", state="error", words=f"{name} has two DMARC records", remedy=remedy)
    remedy = f'Publish _dmarc.{domain} TXT "v=DMARC1; p=none; rua=mailto:…" to begin with.'
    return Diagnosis(what="DMARC", state="error", words=f"{domain} has no DMARC record", remedy=remedy)
