"""Who is on duty, as the relay's pages say it."""

from html import escape

from ioc.notices.roster import Duty
from ioc.text import formats
from ioc.text.bilingual import Text
from streams.relay.contacts import Contacts
from streams.web.html import both

_ON_DUTY = Text("Đang trực: {who} đến {end}; tiếp theo: {next}", "On duty: {who} until {end}; next: {next}")


def duty_part(contacts: Contacts, now: float) -> str:
    """Who is on duty now, until when, and who is next; empty where there is no roster."""
    roster = contacts.shifts
    if roster is None:
        return ""
    duty = roster.duty(now)
    told = {
        "who": name_of(contacts, duty),
        "end": formats.time_text(duty.end),
        "next": name_of(contacts, roster.after(duty)),
    }
    return f"<p>{both(Text(_ON_DUTY.vi.format(**told), _ON_DUTY.en.format(**told)))}</p>"


def name_of(contacts: Contacts, duty: Duty) -> str:
    """The contact's name, safe in a page."""
    return escape(contacts.contacts[duty.contact].name)
