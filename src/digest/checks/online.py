"""L201 to L203: what servers say of the links. They were asked before; nothing is fetched here.

A server that refuses programs, or is slow, is no broken link: readers may well get through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.checks.links import addresses
from digest.checks.registry import fault
from digest.models import host_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_online"]

#: Refusals that tell of programs, not of readers (RFC 9110, section 15.5; 451: RFC 7725).
_BLOCKED = frozenset({401, 402, 403, 405, 406, 407, 408, 418, 421, 423, 425, 426, 429, 451})


def check_online(material: Material) -> Iterator[Finding]:
    """One finding for each link with an answer that is not what readers expect."""
    for url, what, line in addresses(material):
        answer = material.answers.get(url)
        if answer is None:
            continue
        place = material.line(line)
        if answer.url:
            if host_name(answer.url) != host_name(url):
                yield fault("L203", f"{what} leads to another site: {url} to {answer.url}", place)
        elif answer.status is None or answer.status in _BLOCKED or answer.status > 599:
            yield fault("L202", f"{what} could not be checked, {answer.reason}: {url}", place)
        else:
            yield fault("L201", f"{what} is broken, {answer.reason}: {url}", place)
