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
_NOT_TAKEN = Text("Chưa ai xác nhận nhận ca từ {start}", "Nobody has taken over the shift since {start}")


def duty_part(contacts: Contacts, taken: TakeOver | None, now: float) -> str:
    """Who is on duty now, until when, who is next, and whether nobody took over; empty where there is no roster."""
    roster = contacts.shifts
    if roster is None:
        return ""
    duty = roster.duty(now)
    told = {
        "who": name_of(contacts, duty),
        "end": formats.time_text(duty.end),
        "next": name_of(contacts, roster.after(duty)),
    }
    late = not_taken(roster, taken, now)
    return f"<p>{_said(_ON_DUTY, told)}</p>" + (
        f"<p class=free>{_said(_NOT_TAKEN, {'start': formats.time_text(late.start)})}</p>" if late else ""
    )


def _said(words: Text, told: Mapping[str, str]) -> str:
    return both(Text(words.vi.format(**told), words.en.format(**told)))


def name_of(contacts: Contacts, duty: Duty) -> str:
    """The contact's name, safe in a page."""
    return escape(contacts.contacts[duty.contact].name)
