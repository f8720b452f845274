"""How far people are with the steps of an alert's runbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ioc.notices.episode import StepDone
from ioc.text import formats
from ioc.text.bilingual import Language, Text

_OF = Text("{done}/{all} bước", "{done} of {all} steps")
_LAST = Text("gần nhất {who}, {at}", "last by {who}, {at}")


def mark_of(step: Text) -> str:
    """What stands for a step in a form: of its words, so that another one in its place is never meant."""
    return sha256(f"{step.vi}\n{step.en}".encode(errors="replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Progress:
    """Today's steps, each with who did it, and what was done of a runbook that has changed since."""

    steps: tuple[tuple[Text, StepDone | None], ...]
    former: tuple[StepDone, ...]

    @property
    def done(self) -> list[StepDone]:
        """Of today's steps, the last one done last."""
        return sorted((done for _, done in self.steps if done is not None), key=lambda each: each.at)

    @property
    def left(self) -> list[Text]:
        return [step for step, done in self.steps if done is None]

    def of(self, language: Language) -> str:
        """``3/5 bước, gần nhất Lan, 24/07/2025 04:12``; empty where the runbook has no such steps."""
        if not self.steps:
            return ""
        done = self.done
        count = _OF.of(language).format(done=len(done), all=len(self.steps))
        if not done:
            return count
        last = _LAST.of(language).format(who=done[-1].who, at=formats.time_text(done[-1].at))
        return f"{count}, {last}"


def progress(steps: Sequence[Text], done: Sequence[StepDone], until: float = float("inf")) -> Progress:
    """How far it was at ``until``, in seconds since the epoch."""
    known = {each.step: each for each in done if each.at <= until}
    return Progress(
        tuple((step, known.get(step)) for step in steps),
        tuple(each for step, each in known.items() if step not in steps),
    )
