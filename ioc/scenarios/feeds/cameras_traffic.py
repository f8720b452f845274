"""Cameras and their heartbeats, traffic counts, violations, and incidents that are cleared before long."""

from collections.abc import Iterator
from functools import cached_property

from ioc.scenarios.events import BOOL, BOOLEAN, INTEGER, TEXT, Event, Writer, ids, midnight, source_totals
from ioc.scenarios.setting import DAYTIME, END, FIRST_DAY, LAST_DAY, Setting, wobble
from ioc.scenarios.timeline import Remembering, Telemetry, instants

SLUG = "cameras_traffic"
_heard = Writer(SLUG, "camera.heard", "camera", unit=TEXT)
_counted = Writer(SLUG, "vehicles.counted", "site", vehicles=INTEGER)
_violation = Writer(SLUG, "violation.detected", "violation", problem=TEXT, unit=TEXT, hour=TEXT, fined=BOOLEAN)
_opened = Writer(SLUG, "incident.opened", "incident", incident_kind=TEXT, unit=TEXT)
_cleared = Writer(SLUG, "incident.cleared", "incident")
_casualties = Writer(SLUG, "casualties.reported", "incident", unit=TEXT, deaths=INTEGER, injured=INTEGER)

CAMERAS = 600
HEARTBEATS_SINCE = END - 30 * 60
"""Nothing older than the last heartbeat is ever read of a camera."""
_DOWN_SINCE = END - 10 * 3600
_DOWN_COMMUNES = (40, 121)
"""The line to the cameras of two communes broke in the afternoon of the last day."""
COUNTS_SINCE = LAST_DAY - 1
_SITES = tuple(b"site_%02d" % number for number in range(40))
VIOLATIONS = 120
_PROBLEMS = ((b"speeding", 0.34), (b"red_light", 0.2), (b"no_helmet", 0.16), (b"wrong_lane", 0.1), (b"parking", 0.09),
             (b"overload", 0.06), (b"wrong_way", 0.04), (b"public_order", 0.01))  # fmt: skip
_KINDS = ((b"congestion", 0.4), (b"breakdown", 0.25), (b"accident", 0.15), (b"crowd", 0.08), (b"flooding", 0.03),
          (b"landslide", 0.03), (b"fire", 0.02), (b"other", 0.04))  # fmt: skip


class Cameras(Telemetry):
    """A heartbeat of each camera a minute, a count of each site's vehicles in five."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    @cached_property
    def cameras(self) -> list[tuple[bytes, bytes]]:
        """Every camera with its commune: two in each, the others where the people are."""
        setting = self._setting
        more = setting.scaled(CAMERAS - 2 * len(setting.communes))
        units = [*setting.communes, *setting.communes, *setting.somewhere(setting.rng("cameras"), more)]
        return [(b"cam_%04d" % number, unit) for number, unit in enumerate(units)]

    def between(self, start: int, end: int) -> Iterator[Event]:
        rate = self._setting.rate_at(start)
        communes = self._setting.communes
        down = {communes[number % len(communes)] for number in _DOWN_COMMUNES}
        first = max(start, HEARTBEATS_SINCE)
        for number, (camera, unit) in enumerate(self.cameras):
            if unit not in down:
                for time in instants(first, end, 60 / rate, number):
                    yield _heard(time, camera, unit)
            elif start <= _DOWN_SINCE < end:
                yield _heard(_DOWN_SINCE - number % 60, camera, unit)
        for number, site in enumerate(_SITES[: self._setting.scaled(len(_SITES), 4)]):
            for time in instants(max(start, midnight(COUNTS_SINCE)), end, 300 / rate, 7 * number):
                hour = (time + 7 * 3600) % 86_400 // 3600
                usual = 25 if hour < 5 else 190 if hour in (7, 8, 16, 17) else 110 if hour < 21 else 60
                yield _counted(time, site, int(usual * (0.6 + number % 7 / 8) * (1 + 0.25 * wobble(number, time))))


class Violations(Remembering):
    """What cameras and officers detect."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < FIRST_DAY:
            return
        rng, count = self._setting.rng("violations", day), self._count(day)
        picks = rng.choice(len(_PROBLEMS), count, p=[share for _, share in _PROBLEMS])
        fined, units = (rng.random(count) < 0.7).tolist(), self._setting.somewhere(rng, count)
        times = DAYTIME.times(rng, day, count)
        for key, time, pick, unit, is_fined in zip(ids(b"VP", day), times, picks, units, fined, strict=False):
            hour = b"%02d" % ((time - midnight(day)) // 3600)
            yield _violation(time, key, _PROBLEMS[pick][0], unit, hour, BOOL[is_fined])
        if day > FIRST_DAY:
            total = sum(map(self._count, range(FIRST_DAY, day)))
            yield from source_totals(SLUG, day, [("violations", total)])

    def _count(self, day: int) -> int:
        return self._setting.volume(day, VIOLATIONS, 40)


class RoadIncidents(Remembering):
    """Incidents on roads; no congestion lasts for half an hour."""

    memory = 1

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < FIRST_DAY:
            return
        setting, rng = self._setting, self._setting.rng("road", day)
        count = setting.volume(day, 30, 10)
        picks = rng.choice(len(_KINDS), count, p=[share for _, share in _KINDS])
        units = setting.somewhere(rng, count)
        for key, time, pick, unit in zip(ids(b"SC", day), DAYTIME.times(rng, day, count), picks, units, strict=False):
            kind = _KINDS[pick][0]
            yield _opened(time, key, kind, unit)
            if kind == b"accident":
                deaths = int(rng.random() < 0.05)
                yield _casualties(time + 1500, key, unit, deaths, int(rng.integers(0, 3)))
            yield _cleared(
                time + 60 * int(rng.integers(6, 26) if kind == b"congestion" else rng.integers(15, 120)), key
            )


def feeds(setting: Setting) -> list[Remembering | Telemetry]:
    """The feeds of this subsystem."""
    return [Cameras(setting), Violations(setting), RoadIncidents(setting)]
