"""Handing a shift over at the relay's server: the page for who comes, and its two forms."""

from collections import defaultdict
from dataclasses import dataclass, replace

from aiohttp import web

from ioc.notices.handover import LONGEST_NOTE, TakeOver, coming
from ioc.notices.notice import Undelivered
from ioc.notices.shift_report import Shift, shift_report
from ioc.text.formats import iso_time
from streams.relay.alertmanager import Alertmanager, Counted
from streams.relay.desk import Desk
from streams.relay.handover_page import Handover, handover_page, shift_mark
from streams.relay.reports import summed_up
from streams.relay.store import Failing
from streams.web.html import Form, answer, form_of
from streams.web.people.door import PERSON, Door
from streams.web.people.roles import Role
from streams.web.people.trail import Act, Entry, tell

USUAL_SHIFT = 12 * 3600.0
"""Seconds that are told of where no roster says how long a shift is."""
_SUBJECT = "handover"


async def shift_text(desk: Desk, alertmanager: Alertmanager, counted: Counted, start: float, end: float) -> str:
    """The shift report in Markdown, from ``start`` to ``end`` in seconds since the epoch; ``counted`` is open now."""
    store, handovers = desk.store, desk.store.handovers
    silences = await alertmanager.silences_if_any()
    episodes = [*store.episodes_since(start), *counted.silenced]
    notes, taken = handovers.notes_between(start, end), handovers.taken_between(start, end)
    others = frozenset(each.alert.key for each in counted.others)
    return shift_report(Shift(start, end, episodes, silences, notes, taken, others), desk.context)


@dataclass(frozen=True)
class Handovers:
    """The handlers and what they need."""

    desk: Desk
    alertmanager: Alertmanager
    door: Door

    def routes(self) -> list[web.RouteDef]:
        to = self.door.open_to
        return [
            web.get("/handover", to(Role.VIEWER, self.page)),
            web.post("/handover/note", to(Role.RESPONDER, self.write)),
            web.post("/handover/taken", to(Role.RESPONDER, self.take)),
        ]

    async def page(self, request: web.Request) -> web.Response:
        desk, now = self.desk, self.desk.now()
        start, opened = self._start(now), await self.alertmanager.counted(desk.store.open_episodes())
        handover = Handover(
            desk.store.handovers.note(),
            desk.store.handovers.taken(),
            opened,
            self._not_arrived(start),
            await shift_text(desk, self.alertmanager, opened, start, now),
        )
        return answer(handover_page(handover, desk.contacts, desk.context, now, request[PERSON]))

    async def write(self, request: web.Request) -> web.Response:
        """Keep a note for who comes."""
        text = _note(await form_of(request))
        store, now, by = self.desk.store, self.desk.now(), self.door.actor(request)
        entry = Entry(now, Act.HANDOVER_NOTED, by, _SUBJECT, after={"note": text})
        with store as transaction:
            store.handovers.write(text, by, now)
            transaction.trail(entry)
        tell(entry)
        return _back()

    async def take(self, request: web.Request) -> web.Response:
        """Who comes has taken over, has seen the newest note, and which shift it is."""
        form = await form_of(request)
        seen = form.get("note")
        if not isinstance(seen, str) or not seen:
            raise web.HTTPBadRequest(text="Thiếu trường note. The field note is missing.")
        desk, now, by = self.desk, self.desk.now(), self.door.actor(request)
        note, last = desk.store.handovers.note(), desk.store.handovers.taken()
        if seen != str(note.id if note else 0):
            raise web.HTTPConflict(text="Ghi chú đã thay đổi, hãy đọc lại. The note has changed: read it again.")
        if note is not None and note.account == by.account and not (last and last.confirms(note)):
            raise web.HTTPConflict(
                text="Người viết ghi chú không tự xác nhận. Who wrote the note is not who confirms it."
            )
        shift = None if desk.contacts.shifts is None else coming(desk.contacts.shifts, now).start
        if form.get("shift", "") != shift_mark(shift):
            raise web.HTTPConflict(text="Ca trực đã khác, hãy đọc lại. It is another shift by now: read it again.")
        taken = TakeOver(by.account, by.name, now, shift, note.id if note else None)
        if last is None or replace(last, at=now) != taken:
            after = {"shift": "" if shift is None else iso_time(shift), "note": note.text if note else ""}
            entry = Entry(now, Act.SHIFT_TAKEN, by, _SUBJECT, after=after)
            with desk.store as transaction:
                desk.store.handovers.take(taken)
                transaction.trail(entry)
            tell(entry)
        return _back()

    def _start(self, now: float) -> float:
        """When the shift began that is handed over."""
        roster = self.desk.contacts.shifts
        return now - USUAL_SHIFT if roster is None else roster.before(coming(roster, now)).start

    def _not_arrived(self, since: float) -> list[tuple[Undelivered, int]]:
        """What did not arrive, by address, each with how many messages that are."""
        by_place: dict[tuple[str, str, bool], list[Failing]] = defaultdict(list)
        for each in self.desk.store.not_arrived(since):
            by_place[each.contact, each.address, each.refused].append(each)
        return [(summed_up(self.desk.contacts, group), len(group)) for group in by_place.values()]


def _note(form: Form) -> str:
    """The text of a note, with its lines. Raises HTTPBadRequest."""
    value = form.get("note", "")
    text = value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= LONGEST_NOTE:
        raise web.HTTPBadRequest(
            text=f"Ghi chú cần 1 đến {LONGEST_NOTE} ký tự. A note has 1 to {LONGEST_NOTE} characters."
        )
    return text


def _back() -> web.Response:
    return web.Response(status=303, headers={"Location": "/handover"})
