"""The DNS records that a sender's domain needs: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.providers import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    #: Returns the text of each TXT record of a name; empty if there are none. Raises OSError if no server answers.
    Resolve = Callable[[str], tuple[str, ...]]

__all__ = ["diagnose_domain", "resolve_txt"]

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
