"""Words in both languages of the people who read them: Vietnamese first, English second."""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class TextSpec(BaseModel):
    """A text for users, in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)


Language = Literal["vi", "en"]


class Words(NamedTuple):
    """The same words in both languages."""

    vi: str
    en: str

    def of(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en
