"""Documents, assigned tasks, and the legal documents that the calibration table counts."""

from collections.abc import Iterator

from ioc.scenarios.calibration import LEGAL
from ioc.scenarios.events import BOOL, BOOLEAN, TEXT, Event, Writer, ids, midnight, source_totals, stamp
from ioc.scenarios.setting import FIRST_DAY, LAST_DAY, OFFICE, Setting, spread
from ioc.scenarios.timeline import Remembering

SLUG = "e_documents"
_incoming = Writer(SLUG, "incoming_document.received", "incoming_document", unit=TEXT)
_incoming_due = Writer(SLUG, "incoming_document.received", "incoming_document", unit=TEXT, due_at=TEXT)
_routed = Writer(SLUG, "incoming_document.routed", "incoming_document")
_handled = Writer(SLUG, "incoming_document.handled", "incoming_document")
_signed = Writer(SLUG, "outgoing_document.signed", "outgoing_document", unit=TEXT, digitally_signed=BOOLEAN)
_issued = Writer(SLUG, "outgoing_document.issued", "outgoing_document")
_assigned = Writer(SLUG, "task.assigned", "task", unit=TEXT, assigned_by=TEXT, due_at=TEXT)
_completed = Writer(SLUG, "task.completed", "task")

# M: an ordinary working day of the whole province.
_INCOMING, _OUTGOING, _TASKS = 160, 80, 38
_EVENTS_OF_KPIS = {
    "drafts_appraised": "draft.appraised",
    "drafts_commented": "draft.commented",
    "acts_issued": "act.issued",
    "acts_reviewed": "act.reviewed",
    "commune_acts_checked": "commune_act.checked",
    "acts_added_nationally": "act.added_nationally",
}
_LATE_TASKS = 0.04


class Documents(Remembering):
    """Incoming and outgoing documents."""

    memory = 14

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        setting, rng = self._setting, self._setting.rng("documents", day)
        units = (*setting.agencies, *setting.communes)
        rank, days = setting.rank(day), setting.working_days
        incoming = self._incoming(day)
        luck = rng.random((4, incoming)).tolist()
        seconds = OFFICE.seconds(rng, incoming).tolist()
        rows = zip(ids(b"VD", day), OFFICE.times(rng, day, incoming), seconds, *luck, strict=False)
        for key, time, second, which, length, dated, pause in rows:
            unit, took = units[int(which * len(units))], int(length * 5)
            if dated < 0.4:
                # One in a hundred is late by a day.
                due = midnight(int(days[rank + took + (dated > 0.004)])) + 17 * 3600
                yield _incoming_due(time, key, unit, stamp(due))
            else:
                yield _incoming(time, key, unit)
            yield _routed(time + 300 + int(pause * 2100), key)
            yield _handled(max(midnight(int(days[rank + took])) + second, time + 3600), key)
        outgoing = setting.volume(day, _OUTGOING * setting.busyness(day), 5 if setting.is_working(day) else 0)
        luck = rng.random((3, outgoing)).tolist()
        rows = zip(ids(b"VI", day), OFFICE.times(rng, day, outgoing), *luck, strict=False)
        for key, time, which, signed, pause in rows:
            yield _signed(time, key, units[int(which * len(units))], BOOL[signed < 0.996])
            yield _issued(time + 120 + int(pause * 3400), key)
        if FIRST_DAY < day <= LAST_DAY + 1:
            received = sum(self._incoming(earlier) for earlier in range(FIRST_DAY, day))
            yield from source_totals(SLUG, day, [("documents_received", received)])

    def _incoming(self, day: int) -> int:
        setting = self._setting
        return setting.volume(day, _INCOMING * setting.busyness(day), 5 if setting.is_working(day) else 0)


class Tasks(Remembering):
    """Tasks that a leader assigned: completed in time, but for a few."""

    memory = 85

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        setting, rng = self._setting, self._setting.rng("tasks", day)
        if not setting.is_working(day):
            return
        count = round(_TASKS * setting.busyness(day) * (setting.rate if day > LAST_DAY else 1))
        sources = rng.choice([b"government", b"province", b"agency", b"commune"], count, p=[0.1, 0.45, 0.3, 0.15])
        for key, time, source in zip(ids(b"NV", day), OFFICE.times(rng, day, count), sources, strict=False):
            agency = rng.random() < 0.5
            unit = (
                setting.agencies[int(rng.integers(14)) % len(setting.agencies)]
                if agency
                else setting.somewhere(rng, 1)[0]
            )
            allowed = int(rng.integers(5, 41))
            late = rng.random() < _LATE_TASKS
            took = allowed + int(rng.integers(1, 9)) if late else int(allowed * (0.4 + 0.6 * rng.random()))
            yield _assigned(time, key, unit, bytes(source), stamp(setting.due(day, allowed)))
            yield _completed(min(setting.office_time(rng, day, took), setting.due(day, took) - 60), key)


class LegalDocuments(Remembering):
    """Drafts and acts: each count of the calibration table, dealt out to working days."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        days = [day for day in range(FIRST_DAY, LAST_DAY + 1) if setting.is_working(day)]
        self._counts: dict[tuple[str, int], int] = {}
        for kpi, count in LEGAL.items():
            rng = setting.rng(kpi)
            shares = spread(setting.scaled(count, 1), (0.2 + rng.random(len(days))).tolist())
            self._counts |= {(kpi, day): share for day, share in zip(days, shares, strict=True)}

    def day(self, day: int) -> Iterator[Event]:
        for kpi, event in _EVENTS_OF_KPIS.items():
            rng, write = self._setting.rng(kpi, day), Writer(SLUG, event, "act")
            count = self._counts.get((kpi, day), 0)
            prefix = kpi.split("_")[0][:1].upper().encode() + kpi.split("_")[1][:2].upper().encode()
            for key, time in zip(ids(b"QP" + prefix, day), OFFICE.times(rng, day, count), strict=False):
                yield write(time, key)


def feeds(setting: Setting) -> list[Remembering]:
    """The feeds of this subsystem."""
    return [Documents(setting), Tasks(setting), LegalDocuments(setting)]
