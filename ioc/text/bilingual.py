"""Texts in both languages of the people who read them: Vietnamese first, English second."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, Strict
from pydantic.dataclasses import dataclass

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, Language] = ("vi", "en")

_Line = Annotated[str, Strict(), Field(min_length=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Text:
    """The same text in both languages."""

    vi: _Line
    en: _Line

    def of(self, language: Language) -> str:
        """The text as it is written within a line."""
        return self.vi if language == "vi" else self.en

    def titled(self, language: Language) -> str:
        """The text with a capital first, as it stands by itself."""
        text = self.of(language)
        return text[:1].upper() + text[1:]


def other_language(language: Language) -> Language:
    """The one of the two that this one is not."""
    return "en" if language == "vi" else "vi"
