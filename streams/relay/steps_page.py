"""The steps of an alert's runbook on its page: boxes, each of which is a form, so that no script is needed."""

from collections.abc import Iterator
from html import escape

from ioc.notices.description import Context
from ioc.notices.episode import Episode, StepDone
from ioc.notices.steps import Progress, mark_of, progress
from ioc.text import formats
from ioc.text.bilingual import Text
from streams.web.html import both
from streams.web.people.roles import Role

_FIRST_STEPS = Text("Việc đầu tiên", "First steps")
_FORMER = Text("Đã làm theo hướng dẫn cũ", "Done as the runbook was before")
_BOXES = {False: "☐", True: "☑"}


def progress_of(episode: Episode, context: Context) -> Progress:
    """How far people are with an alert by now."""
    return progress(context.duty_steps.get(episode.alert.name, ()), episode.steps)


def steps_part(episode: Episode, context: Context, role: Role) -> str:
    """The list with its heading; empty where the runbook has no such steps, and nobody did any."""
    return "".join(_parts(progress_of(episode, context), episode.alert.key, role))


def _parts(its: Progress, key: str, role: Role) -> Iterator[str]:
    if its.steps:
        items = "".join(f"<li>{_box(step, done, key, role)}</li>" for step, done in its.steps)
        yield f"<h2>{both(_FIRST_STEPS)}</h2><p class=en>{escape(its.of('vi'))} · {escape(its.of('en'))}</p>"
        yield f"<ul class=steps>{items}</ul>"
    if its.former:
        items = "".join(f"<li>{_words(each.step, each)}</li>" for each in its.former)
        yield f"<p class=en>{both(_FORMER)}</p><ul class=steps>{items}</ul>"


def _box(step: Text, done: StepDone | None, key: str, role: Role) -> str:
    if role < Role.RESPONDER:
        return _words(step, done)
    wanted, checked = ("no", "true") if done else ("yes", "false")
    return (
        f'<form class=step method=post action="/alerts/{escape(key)}/steps">'
        f'<input type=hidden name=done value={wanted}><button name=step value="{mark_of(step)}" role=checkbox '
        f"aria-checked={checked}>{_words(step, done)}</button></form>"
    )


def _words(step: Text, done: StepDone | None) -> str:
    who = f" <span class=taken>{escape(done.who)}, {formats.time_text(done.at)}</span>" if done else ""
    return f"{_BOXES[done is not None]} {escape(step.vi)} <small>{escape(step.en)}</small>{who}"
