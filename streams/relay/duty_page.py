"""Who is on duty, as the relay's pages say it."""

from collections.abc import Mapping
from html import escape

from ioc.notices.handover import TakeOver, not_taken
from ioc.notices.roster import Duty
from ioc.text import formats
from ioc.text.bilingual import Text
from streams.relay.contacts import Contacts
from streams.web.html import both

_ON_DUTY = Text("Đang trực: {who} đến {end}; tiếp theo: {next}", "On duty: {who} until {end}; next: {next}")
_TAKEN = Text("Nhận ca gần nhất: {who}, {at}", "Last taken over by {who}, {at}")
_NOT_TAKEN = Text("Chưa ai xác nhận nhận ca từ {start}", "Nobody has taken over the shift since {start}")


def duty_part(contacts: Contacts, taken: TakeOver | None, now: float) -> str:
    """Who is on duty now, until when, who is next, and whether nobody took over; empty where there is no roster."""
    told, late = on_duty(contacts, now), late_text(contacts, taken, now)
    shown = "" if told is None else f"<p>{_safe(told)}</p>"
    return shown + ("" if late is None else f"<p class=free>{_safe(late)}</p>")


def on_duty(contacts: Contacts, now: float) -> Text | None:
    """Who is on duty now, until when, and who is next; None where there is no roster."""
    roster = contacts.shifts
    if roster is None:
        return None
    duty = roster.duty(now)
    told = {
        "who": _name(contacts, duty),
        "end": formats.time_text(duty.end),
        "next": _name(contacts, roster.after(duty)),
    }
    return _said(_ON_DUTY, told)


def late_text(contacts: Contacts, taken: TakeOver | None, now: float) -> Text | None:
    """That nobody took the shift over, where it is time that somebody had."""
    late = None if contacts.shifts is None else not_taken(contacts.shifts, taken, now)
    return None if late is None else _said(_NOT_TAKEN, {"start": formats.time_text(late.start)})


def taken_text(taken: TakeOver) -> Text:
    """Who took over last, and when."""
    return _said(_TAKEN, {"who": taken.who, "at": formats.time_text(taken.at)})


def duty_lines(contacts: Contacts, taken: TakeOver | None, now: float) -> list[Text]:
    """All of them that there are, as plain text."""
    last = None if taken is None else taken_text(taken)
    return [each for each in (on_duty(contacts, now), late_text(contacts, taken, now), last) if each is not None]


def _said(words: Text, told: Mapping[str, str]) -> Text:
    return Text(words.vi.format(**told), words.en.format(**told))


def _safe(text: Text) -> str:
    return both(Text(escape(text.vi), escape(text.en)))


def name_of(contacts: Contacts, duty: Duty) -> str:
    """The contact's name, safe in a page."""
    return escape(_name(contacts, duty))


def _name(contacts: Contacts, duty: Duty) -> str:
    return contacts.contacts[duty.contact].name
