"""The data center: systems that are up, backups of each night, security alerts that are taken within minutes."""

from collections.abc import Iterator

from ioc.scenarios.events import BOOL, BOOLEAN, INTEGER, TEXT, Event, Writer, ids, midnight, source_totals
from ioc.scenarios.setting import ALWAYS, FIRST_DAY, LAST_DAY, Setting
from ioc.scenarios.timeline import Remembering, Telemetry, instants

SLUG = "cybersecurity"
write_status = Writer(SLUG, "system.reported", "system", up=INTEGER)
_backup = Writer(SLUG, "backup.completed", "system", succeeded=BOOLEAN)
write_opened = Writer(SLUG, "alert.opened", "alert", level=TEXT, category=TEXT, system=TEXT)
write_acknowledged = Writer(SLUG, "alert.acknowledged", "alert")
write_closed = Writer(SLUG, "alert.closed", "alert")
_breach = Writer(SLUG, "breach.reported", "breach", breach_kind=TEXT, individuals=INTEGER, year=TEXT)

SYSTEMS = tuple(b"sys_%b" % name for name in (
    b"one_stop", b"portal", b"e_documents", b"mail", b"ioc", b"lgsp", b"ldap", b"dns", b"firewall", b"storage",
    b"backup", b"payments", b"land", b"civil_status", b"health", b"education", b"video", b"cameras", b"gis",
    b"reports", b"statistics", b"citizens", b"identity", b"soc"))  # fmt: skip
STATUS_SINCE, BACKUPS_SINCE = LAST_DAY, LAST_DAY - 6
ALERTS = 60
_LEVELS = ((b"critical", 0.01), (b"high", 0.14), (b"medium", 0.35), (b"low", 0.5))
_CATEGORIES = ((b"malware", 0.24), (b"phishing", 0.22), (b"intrusion", 0.16), (b"denial_of_service", 0.06),
               (b"vulnerability", 0.2), (b"misuse", 0.08), (b"other", 0.04))  # fmt: skip
_BREACHES = {
    FIRST_DAY + 23: (b"loss", 120),
    FIRST_DAY + 71: (b"unauthorized_access", 640),
    FIRST_DAY + 108: (b"theft", 35),
}


class Systems(Telemetry):
    """Each system's status in five minutes: all are up."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def between(self, start: int, end: int) -> Iterator[Event]:
        rate = self._setting.rate_at(start)
        for number, system in enumerate(SYSTEMS):
            for time in instants(max(start, midnight(STATUS_SINCE)), end, 300 / rate, 12 * number):
                yield write_status(time, system, 1)


class Backups(Remembering):
    """Each night's backups; one failed some nights ago and was done again."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < BACKUPS_SINCE:
            return
        for number, system in enumerate(SYSTEMS):
            time = midnight(day) + 3600 + number * 420
            if day == LAST_DAY - 2 and number == 9:
                yield _backup(time - 2400, system, BOOL[False])
            yield _backup(time, system, BOOL[True])


class Alerts(Remembering):
    """Security alerts, and the few breaches of personal data."""

    memory = 3

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < FIRST_DAY:
            return
        rng, count = self._setting.rng("alerts", day), self._count(day)
        levels = rng.choice(len(_LEVELS), count, p=[share for _, share in _LEVELS])
        categories = rng.choice(len(_CATEGORIES), count, p=[share for _, share in _CATEGORIES])
        times = ALWAYS.times(rng, day, count)
        for key, time, level, category in zip(ids(b"AT", day), times, levels, categories, strict=False):
            system = SYSTEMS[int(rng.integers(len(SYSTEMS)))]
            yield write_opened(time, key, _LEVELS[level][0], _CATEGORIES[category][0], system)
            # High and critical ones within ten minutes, at any hour.
            taken = time + int(rng.integers(60, 600) if level < 2 else rng.integers(300, 14_400))
            yield write_acknowledged(taken, key)
            yield write_closed(taken + int(rng.integers(1200, 60_000)), key)
        if day in _BREACHES:
            kind, individuals = _BREACHES[day]
            yield _breach(midnight(day) + 9 * 3600, next(ids(b"LDL", day)), kind, individuals, b"2025")
        if day > FIRST_DAY:
            total = sum(map(self._count, range(FIRST_DAY, day)))
            yield from source_totals(SLUG, day, [("alerts_opened", total)])

    def _count(self, day: int) -> int:
        return self._setting.volume(day, ALERTS, 12)


def feeds(setting: Setting) -> list[Remembering | Telemetry]:
    """The feeds of this subsystem."""
    return [Systems(setting), Backups(setting), Alerts(setting)]
