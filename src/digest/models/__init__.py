"""The types that all other packages share: frozen, keyword-only dataclasses, ids and addresses.

All datetimes are aware and in UTC. Nothing here touches the disk, the network or the clock.
"""

from digest.models.article import Article, Bullet, Feed, Origin
from digest.models.deceptive_hosts import deception, shown_host
from digest.models.email_address import normalise_address, parse_sender, redact_addresses
from digest.models.host_addresses import ip_literal, is_local_host, is_public_address
from digest.models.issue import (
    BENCH_SECTION,
    NEW_SECTION,
    BenchLine,
    Candidate,
    Issue,
    Mention,
    Section,
    Story,
    escape_inline,
    unescape_inline,
)
from digest.models.issue_id import IssueId, is_issue_id
from digest.models.rendered_issue import Approval, Manifest, PersonalTag, RenderedIssue
from digest.models.subscriber import Audience, ListProblem, Subscriber, Suppression, SuppressionReason
from digest.models.url_secrets import password_parameter, secret_parameters, without_secrets
from digest.models.urls import (
    article_key,
    canonical_url,
    host_name,
    is_example_host,
    is_loopback_host,
    is_web_address,
    printable_url,
    site_name,
)

__all__ = [
    "BENCH_SECTION",
    "NEW_SECTION",
    "Approval",
    "Article",
    "Audience",
    "BenchLine",
    "Bullet",
    "Candidate",
    "Feed",
    "Issue",
    "IssueId",
    "ListProblem",
    "Manifest",
    "Mention",
    "Origin",
    "PersonalTag",
    "RenderedIssue",
    "Section",
    "Story",
    "Subscriber",
    "Suppression",
    "SuppressionReason",
    "article_key",
    "canonical_url",
    "deception",
    "escape_inline",
    "host_name",
    "ip_literal",
    "is_example_host",
    "is_issue_id",
    "is_local_host",
    "is_loopback_host",
    "is_public_address",
    "is_web_address",
    "normalise_address",
    "parse_sender",
    "password_parameter",
    "printable_url",
    "redact_addresses",
    "secret_parameters",
    "shown_host",
    "site_name",
    "unescape_inline",
    "without_secrets",
]
