"""Lists, the audiences selected from them, suppressions, and the tokens by which a reader leaves."""

from digest.subscribers.audience import select_audience
from digest.subscribers.lists import ListReading, is_sample, read_list
from digest.subscribers.people import People
from digest.subscribers.suppressions import append_suppressions, read_suppressions
from digest.subscribers.tokens import TokenReading, make_token, read_token, signer
from digest.subscribers.where import compile_where

__all__ = [
    "ListReading",
    "People",
    "TokenReading",
    "append_suppressions",
    "compile_where",
    "is_sample",
    "make_token",
    "read_list",
    "read_suppressions",
    "read_token",
    "select_audience",
    "signer",
]
