"""A cut out of a sentence, as the checks look at it."""

from __future__ import annotations

from dataclasses import dataclass

from digest.editing.grammar import listed, words_in

__all__ = ["Cut"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """``text[start:end]``, to be left out. The text has single spaces and straight quotes."""

    text: str
    start: int
    end: int
    language: str = "en"

    def takes(self, name: str) -> bool:
        """Whether a word of the list ``name`` is in it."""
        return not listed(name, self.language).isdisjoint(self.words)

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def segment(self) -> str:
        return self.text[self.start : self.end]

    @property
    def after(self) -> str:
        return self.text[self.end :]

    @property
    def words(self) -> list[str]:
        return words_in(self.segment)

    @property
    def next_words(self) -> list[str]:
        return words_in(self.after[:60])

    @property
    def last_word(self) -> str:
        return (words_in(self.before[-40:]) or [""])[-1]

    @property
    def rest(self) -> str:
        return self.before + self.after
