"""Text: a sentence in both languages of the service."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Text:
    pl: str
    en: str

    def in_(self, language: str) -> str:
        """The sentence in this language, "PL" or "EN"."""
        return self.pl if language == "PL" else self.en
