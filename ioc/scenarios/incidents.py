"""What can go wrong on request; each says when it begins, in seconds since the epoch."""

from collections.abc import Callable, Mapping
from random import Random

from ioc.catalogue.model import Catalogue
from ioc.kpis.kinds.alarm_level import AlarmLevel
from ioc.scenarios.events import Event, day_of, ids, stamp
from ioc.scenarios.feeds import cybersecurity, environment, public_services
from ioc.scenarios.simulator import Incident

HOUR = 3600


def flood(catalogue: Catalogue, start: int, station: str = "bua_thanh_son", hours: int = 6) -> Incident:
    """Heavy rain for three hours at three gauges, and a river that rises past its last alarm level."""
    alarm = catalogue.subsystems["environment"].kpis["river_alarm_level"]
    if not isinstance(alarm, AlarmLevel) or station not in alarm.levels:
        raise ValueError(f"{station!r} is no station with alarm levels in environment.yaml")
    first, last = alarm.levels[station][0], alarm.levels[station][-1]
    until, gauge = start + hours * HOUR, station.encode()
    events = []
    for time in range(start, until, 600):
        level = first - 1 + (last + 0.6 - first + 1) * min(1.0, 1.5 * (time - start) / (until - start))
        events.append(environment.write_water(time, gauge, level, b"m"))
    gauges = environment.RAIN_GAUGES[:3]
    wet = min(start + 3 * HOUR, until)
    events += [environment.write_rain(time, name, 9.5) for time in range(start, wet, 600) for name in gauges]

    def silences(event: Event) -> bool:
        return start <= event.time < until and (event.key == gauge or (event.key in gauges and event.time < wet))

    return Incident(tuple(events), silences)


def feed_dies(catalogue: Catalogue, slug: str, feed: str, start: int, hours: float = 24) -> Incident:
    """One feed of a subsystem sends nothing any more, not even its heartbeat; its other feeds go on."""
    subsystem = catalogue.subsystems[slug]
    until = start + hours * HOUR
    types = frozenset(
        subsystem.event_type(event).encode() for event in subsystem.events if subsystem.feed_of(event) == feed
    )

    def silences(event: Event) -> bool:
        return event.subsystem == slug and start <= event.time < until and event.type in types

    return Incident(silences=silences)


def overdue_storm(catalogue: Catalogue, start: int, dossiers: int = 2_000) -> Incident:
    """Land dossiers of one ward, taken over with deadlines that pass within the hour; handled two days later."""
    wards = [unit.code.encode() for unit in catalogue.province.units if unit.kind == "ward"]
    luck, keys = Random(start), ids(b"25Q", day_of(start))  # noqa: S311 (nothing to do with security)
    events = []
    for _ in range(dossiers):
        key, due = next(keys), start + 60 * luck.randrange(5, 60)
        time, handled = start + luck.randrange(240), start + 48 * HOUR + luck.randrange(4 * HOUR)
        taken_in = (
            b"1.001001",
            b"land",
            b"commune",
            wards[0],
            wards[0],
            b"commune",
            b"desk",
            b"true",
            b"false",
            b"false",
        )
        events.append(public_services.write_accepted(time, key, *taken_in, stamp(due)))
        events.append(public_services.write_handled(handled, key, b"true"))
    return Incident(tuple(events))


def camera_outage(start: int, share: float = 0.2, hours: float = 2) -> Incident:
    """A share of all cameras falls silent."""
    until = start + hours * HOUR

    def silences(event: Event) -> bool:
        if event.subsystem != "cameras_traffic" or not start <= event.time < until:
            return False
        return event.key.startswith(b"cam_") and int(event.key[4:]) % 100 < share * 100

    return Incident(silences=silences)


def attack(start: int, alerts: int = 40, minutes: int = 45) -> Incident:
    """Critical alerts that nobody takes, and systems that go down, until the attack is over."""
    until, keys = start + minutes * 60, ids(b"ATX", day_of(start))
    hit = cybersecurity.SYSTEMS[:4]
    events = []
    for number in range(alerts):
        key = next(keys)
        events += [
            cybersecurity.write_opened(start + number * 15, key, b"critical", b"intrusion", hit[number % len(hit)]),
            cybersecurity.write_acknowledged(until + number * 10, key),
            cybersecurity.write_closed(until + HOUR + number * 60, key),
        ]
    events += [cybersecurity.write_status(time, system, 0) for time in range(start + 120, until, 300) for system in hit]

    def silences(event: Event) -> bool:
        return event.subsystem == "cybersecurity" and event.key in hit and start <= event.time < until

    return Incident(tuple(events), silences)


INCIDENTS: Mapping[str, Callable[[Catalogue, int], Incident]] = {
    "flood": flood,
    "feed-dies": lambda catalogue, start: feed_dies(catalogue, "social_listening", "listening_tool", start),
    "overdue-storm": overdue_storm,
    "camera-outage": lambda catalogue, start: camera_outage(start),
    "attack": lambda catalogue, start: attack(start),
}
"""Each incident as it happens unless more is said, by the name it has on the command line."""
