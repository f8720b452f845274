"""The page for who comes on duty: what is open, what is left to do, what did not arrive, what the last shift saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ioc.notices.description import Context
from ioc.notices.episode import Episode
from ioc.notices.handover import LONGEST_NOTE, Note, TakeOver, coming, worst_first
from ioc.notices.notice import Undelivered
from ioc.notices.shift_report import NOT_COUNTED
from ioc.text import formats
from ioc.text.bilingual import Text
from streams.relay.alertmanager import Counted
from streams.relay.contacts import Contacts
from streams.relay.duty_page import duty_part, name_of, taken_text
from streams.relay.pages import HANDOVER, NONE_OPEN, OPEN, card, rendered, silenced_cards
from streams.relay.steps_page import progress_of
from streams.web.html import both, page
from streams.web.people.pages import who_is_here
from streams.web.people.person import Person
from streams.web.people.roles import Role

_NOTE = Text("Ghi chú bàn giao", "Note for who comes")
_NO_NOTE = Text("Chưa có ghi chú.", "There is no note.")
_WRITE = Text("Lưu ghi chú", "Keep the note")
_NOT_CONFIRMED = Text("Chưa ai xác nhận ghi chú này.", "Nobody has confirmed this note.")
_TAKE = Text("Tôi đã nhận ca", "I have taken over")
_STEPS = Text("Các bước", "Steps")
_LEFT = Text("Còn phải làm", "Left to do")
_NOT_ARRIVED = Text("Tin không đến nơi", "Messages that did not arrive")
_ALL_ARRIVED = Text(
    "Mọi tin của ca đã đến nơi hoặc đang được gửi.", "Every message of the shift arrived, or is on its way."
)


@dataclass(frozen=True)
class Handover:
    """What there is to know at a moment."""

    note: Note | None
    taken: TakeOver | None
    opened: Counted
    """The open alerts."""
    not_arrived: Sequence[tuple[Undelivered, int]]
    """By address, each with how many messages that are."""
    report: str
    """Of the shift that is handed over, in Markdown."""


def handover_page(handover: Handover, contacts: Contacts, context: Context, now: float, person: Person) -> str:
    """The page, with the forms that its reader may use."""
    cards, others = (
        [_with_steps(each, context, now) for each in sorted(episodes, key=worst_first)]
        for episodes in (handover.opened.told, handover.opened.others)
    )
    return page(
        HANDOVER.vi,
        '<p><a href="/">← ' + OPEN.vi + "</a></p>",
        f"<h1>{both(HANDOVER)}</h1><p class=en>{formats.time_text(now)}</p>",
        duty_part(contacts, handover.taken, now),
        _note_part(handover),
        _forms(handover, contacts, now, person),
        f"<h2>{both(OPEN)}: {len(handover.opened.all)}</h2>",
        *(cards if handover.opened.all else [f"<p>{both(NONE_OPEN)}</p>"]),
        *silenced_cards(handover.opened, context, now),
        *([f"<h2>{both(NOT_COUNTED)}: {len(others)}</h2>", *others] if others else []),
        f"<h2>{both(_NOT_ARRIVED)}</h2>{_not_arrived(handover)}",
        rendered(handover.report),
        who_is_here(person, ""),
        wide=True,
    )


def shift_mark(start: float | None) -> str:
    """What stands in the form for the shift that the page named: a minute later it may be another one."""
    return "" if start is None else f"{start:.0f}"


def _note_part(handover: Handover) -> str:
    note, taken = handover.note, handover.taken
    said = f"<p>{both(_NO_NOTE)}</p>"
    if note is not None:
        said = f"<p class=note>{escape(note.text)}</p><p class=en>{escape(note.who)}, {formats.time_text(note.at)}</p>"
        if taken is None or not taken.confirms(note):
            said += f"<p class=free>{both(_NOT_CONFIRMED)}</p>"
    if taken is not None:
        told = taken_text(taken)
        said += f"<p class=taken>{both(Text(escape(told.vi), escape(told.en)))}</p>"
    return f"<h2>{both(_NOTE)}</h2>{said}"


def _forms(handover: Handover, contacts: Contacts, now: float, person: Person) -> str:
    if person.role < Role.RESPONDER:
        return ""
    note, roster = handover.note, contacts.shifts
    shift, mark = "", shift_mark(None)
    if roster is not None:
        duty = coming(roster, now)
        mark = shift_mark(duty.start)
        span = f"{formats.time_text(duty.start)} – {formats.time_text(duty.end)}"
        shift = f"<br><small>{name_of(contacts, duty)}, {span}</small>"
    take = (
        f'<form method=post action="/handover/taken"><input type=hidden name=note value={note.id if note else 0}>'
        f'<input type=hidden name=shift value="{mark}">'
        f"<button>{both(_TAKE)}{shift}</button></form>"
    )
    own = note is not None and note.account == person.account
    confirmed = handover.taken is not None and handover.taken.confirms(note)
    write = (
        '<form method=post action="/handover/note">'
        f"<label>{both(_NOTE)}<textarea name=note rows=5 required maxlength={LONGEST_NOTE}></textarea></label>"
        f"<button class=quiet>{both(_WRITE)}</button></form>"
    )
    return ("" if own and not confirmed else take) + write


def _with_steps(episode: Episode, context: Context, now: float) -> str:
    """An alert's card, and how far people are with it."""
    its = progress_of(episode, context)
    if not its.steps:
        return card(episode, context, now)
    left = "".join(f"<li>☐ {escape(step.vi)} <small>{escape(step.en)}</small></li>" for step in its.left)
    todo = f"<p>{both(_LEFT)}</p><ul class=steps>{left}</ul>" if left else ""
    return f"{card(episode, context, now)}<p>{both(_STEPS)}: {escape(its.of('vi'))}</p>{todo}"


def _not_arrived(handover: Handover) -> str:
    rows = "".join(
        f"<li>{escape(each.of('vi'))}{f' (× {count})' if count > 1 else ''}</li>"
        for each, count in handover.not_arrived
    )
    return f"<ul>{rows}</ul>" if rows else f"<p>{both(_ALL_ARRIVED)}</p>"
