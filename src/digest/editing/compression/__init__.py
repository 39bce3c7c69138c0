"""Shorter sentences: clauses that can be left out are cut by rule, so that every word that remains is the author's."""

from digest.editing.compression.sentence_compression import compress, compressed_text, kept_spans

__all__ = ["compress", "compressed_text", "kept_spans"]
