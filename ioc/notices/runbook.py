"""A runbook in Markdown: finding its first step, which messages quote."""

import re

from ioc.text.bilingual import Text

FIRST_STEPS = Text("Việc cần làm đầu tiên", "First steps")
_STEP = re.compile(r"^1\.\s+(.+?)(?=\n(?:\d+\.\s|#|\s*$|<!--)|\Z)", re.MULTILINE | re.DOTALL)


def first_step(runbook: str) -> Text | None:
    """The first numbered step in both languages; None where the runbook has it in neither or only one."""
    steps = [_step_under(runbook, heading) for heading in (FIRST_STEPS.vi, FIRST_STEPS.en)]
    if steps[0] is None or steps[1] is None:
        return None
    return Text(steps[0], steps[1])


def _step_under(runbook: str, heading: str) -> str | None:
    section = re.search(rf"^#+ {re.escape(heading)}\s*$(.*?)(?=^#|\Z)", runbook, re.MULTILINE | re.DOTALL)
    step = _STEP.search(section[1]) if section else None
    return " ".join(step[1].split()) if step else None
