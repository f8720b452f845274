"""A runbook in Markdown: finding its first step, which messages quote, and those that need no command."""

import re

from ioc.text.bilingual import Text

FIRST_STEPS = Text("Việc cần làm đầu tiên", "First steps")
COMMAND = "`"
"""Around what is typed or asked of a machine."""
_STEP = re.compile(r"^(\d+)\.\s+(.+?)(?=\n(?:\d+\.\s|#|\s*$|<!--)|\Z)", re.MULTILINE | re.DOTALL)


def first_step(runbook: str) -> Text | None:
    """The first numbered step in both languages; None where the runbook has it in neither or only one."""
    return _steps(runbook).get(1)


def duty_steps(runbook: str) -> list[Text]:
    """The steps that somebody on duty can take with a telephone and a browser, in their order: none has a command.

    One that is there twice in the same words is one step: a tick is of its words, and would do both.
    """
    steps = (step for _, step in sorted(_steps(runbook).items()))
    return list(dict.fromkeys(step for step in steps if COMMAND not in step.vi + step.en))


def _steps(runbook: str) -> dict[int, Text]:
    """The steps that are there in both languages, by their numbers."""
    vietnamese, english = (_steps_under(runbook, heading) for heading in (FIRST_STEPS.vi, FIRST_STEPS.en))
    return {number: Text(vietnamese[number], english[number]) for number in vietnamese.keys() & english.keys()}


def _steps_under(runbook: str, heading: str) -> dict[int, str]:
    section = re.search(rf"^#+ {re.escape(heading)}\s*$(.*?)(?=^#|\Z)", runbook, re.MULTILINE | re.DOTALL)
    found = _STEP.findall(section[1]) if section else []
    return {int(number): " ".join(step.split()) for number, step in found}
