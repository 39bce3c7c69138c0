"""Sentence compression: clauses that can be cut safely are cut by rule, and every remaining word is the author's."""

from digest.editing.compression.sentence_compression import compress, compressed_text, kept_spans

__all__ = ["compress", "compressed_text", "kept_spans"]
