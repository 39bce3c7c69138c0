"""Lists, the audiences selected from them, suppressions, and the tokens in unsubscribe links.

`digest.subscribers.imports` reads the exports of other tools. Only the commands for people load it.
"""

from digest.subscribers.audience import select_audience
from digest.subscribers.csv_rows import read_csv_table
from digest.subscribers.encryption import AGE_KEY, ENCRYPTED, decrypt_list, encrypt_list, new_age_key
from digest.subscribers.inert_cells import inert_cell, restored_cell
from digest.subscribers.lists import ListReading, is_sample, list_columns, read_list
from digest.subscribers.packed_subscribers import PackedSubscribers
from digest.subscribers.suppressions import (
    SUPPRESSION_FILES,
    SUPPRESSIONS,
    append_suppressions,
    holds_suppressions,
    read_suppressions,
    suppression_identity,
    suppressions_file,
)
from digest.subscribers.tokens import TokenReading, batch_signer, make_token, read_token, signer
from digest.subscribers.where import compile_where

__all__ = [
    "AGE_KEY",
    "ENCRYPTED",
    "SUPPRESSIONS",
    "SUPPRESSION_FILES",
    "ListReading",
    "PackedSubscribers",
    "TokenReading",
    "append_suppressions",
    "batch_signer",
    "compile_where",
    "decrypt_list",
    "encrypt_list",
    "holds_suppressions",
    "inert_cell",
    "is_sample",
    "list_columns",
    "make_token",
    "new_age_key",
    "read_csv_table",
    "read_list",
    "read_suppressions",
    "read_token",
    "restored_cell",
    "select_audience",
    "signer",
    "suppression_identity",
    "suppressions_file",
]
