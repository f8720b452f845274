"""What becomes of every dossier: planned in columns, so that counts are exact and a million events take seconds.

Deadlines are counted in ranks: the number of a working day among all working days.
"""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Self

import numpy as np

from ioc.scenarios.calibration import COMMUNE, DIGITISED, PROVINCE, RECEIVED, LevelFigures
from ioc.scenarios.events import day_of, midnight
from ioc.scenarios.setting import END, FIRST_DAY, LAST_DAY, MORNING, OFFICE, Flags, Ints, Setting, exactly, spread


class Field(NamedTuple):
    """A field of administration: its share of each level's dossiers, and the working days that its rules allow."""

    slug: str
    province: float
    commune: float
    shortest: int
    longest: int
    agency: str


# M: shares and periods; problem fields are those that the source names as lasting ones.
FIELDS = (
    Field("land", 0.30, 0.16, 12, 30, "so_nong_nghiep_moi_truong"),
    Field("environment", 0.06, 0.02, 10, 25, "so_nong_nghiep_moi_truong"),
    Field("site_clearance", 0.04, 0.02, 20, 45, "trung_tam_phat_trien_quy_dat"),
    Field("construction", 0.08, 0.04, 10, 20, "so_xay_dung"),
    Field("business", 0.16, 0.05, 3, 5, "so_tai_chinh"),
    Field("civil_status", 0.08, 0.52, 1, 3, "so_tu_phap"),
    Field("social", 0.08, 0.12, 5, 15, "so_noi_vu"),
    Field("transport", 0.09, 0.0, 3, 8, "so_xay_dung"),
    Field("health", 0.04, 0.01, 10, 20, "so_y_te"),
    Field("education", 0.03, 0.03, 5, 15, "so_giao_duc_dao_tao"),
    Field("other", 0.04, 0.03, 3, 15, "so_cong_thuong"),
)
LAND, ENVIRONMENT, SITE_CLEARANCE = range(3)
LAGGING_COMMUNES = 6
"""So many communes have all that is overdue at their level."""

HANDLED, LATE, RUNNING, SUSPENDED, OVERDUE = range(5)
"""Fates: how a dossier stands on the last evening."""

LATE_SHARE = {"province": 0.016, "commune": 0.008}
NEVER = np.int64(0)
"""The instant of what does not happen."""


class Intake(NamedTuple):
    """Dossiers as they come in at one level: when, of which field, and the working days that the procedure allows."""

    level: str
    accepted: Ints
    field: Ints
    promised: Ints


@dataclass
class Dossiers:
    """Columns over dossiers, in order of acceptance; instants in seconds, NEVER where there is none."""

    accepted: Ints
    province: Flags
    field: Ints
    unit: Ints
    """The deciding commune; meaningless at the level of the province."""
    desk: Ints
    """The receiving commune, or -1 for the province's own center."""
    online: Flags
    digitised: Flags
    fee: Flags
    e_result: Flags
    due: Ints
    suspended: Ints
    resumed: Ints
    extended: Ints
    later_due: Ints
    """The deadline after resuming or extension."""
    closed: Ints

    def __len__(self) -> int:
        return len(self.accepted)

    def where(self, chosen: Flags | Ints | slice) -> Self:
        """Some of the rows."""
        return type(self)(*(getattr(self, column.name)[chosen] for column in fields(self)))

    def with_(self, other: Self) -> Self:
        """These and others, in order of acceptance."""
        both = type(self)(*(np.concatenate([getattr(self, c.name), getattr(other, c.name)]) for c in fields(self)))
        return both.where(np.argsort(both.accepted, kind="stable"))


def calibrated(setting: Setting) -> Dossiers:
    """The dossiers of the four months, Project 06 aside, with the counts of the calibration table."""
    rng = setting.rng("dossiers")
    both = _level(setting, rng, PROVINCE, "province").with_(_level(setting, rng, COMMUNE, "commune"))
    both.digitised = exactly(rng, min(len(both), round(len(both) * DIGITISED / RECEIVED)), len(both))
    return both


def of_day(setting: Setting, rng: np.random.Generator, day: int) -> Dossiers:
    """The dossiers of a day after the scenario: as many as an ordinary day has, each with its natural end."""
    parts = []
    for name, level in (("province", PROVINCE), ("commune", COMMUNE)):
        count = setting.volume(day, level.received / 88 * setting.busyness(day))
        accepted = np.sort(_office_times(rng, np.full(count, day)))
        intake = Intake(name, accepted, *_fields(rng, name, count))
        fate = np.where(rng.random(count) < LATE_SHARE[name], LATE, HANDLED)
        columns = _attributes(setting, rng, intake, fate)
        columns["online"] = rng.random(count) < level.online_received / level.received
        parts.append(Dossiers(**columns, **_course(setting, rng, intake, fate, None)))
    return parts[0].with_(parts[1])


def _level(setting: Setting, rng: np.random.Generator, level: LevelFigures, name: str) -> Dossiers:
    count = setting.scaled(level.received)
    accepted = _acceptance(setting, rng, count, len(setting.communes) if name == "commune" else 0)
    intake = Intake(name, accepted, *_fields(rng, name, count))
    fate = _fates(setting, rng, level, intake)
    overdue = fate == OVERDUE
    intake.field[overdue] = rng.choice([LAND, ENVIRONMENT, SITE_CLEARANCE], int(overdue.sum()), p=[0.5, 0.2, 0.3])
    columns = _attributes(setting, rng, intake, fate)
    handled = fate <= LATE
    online = np.empty(count, dtype=bool)
    online[handled] = exactly(rng, min(setting.scaled(level.online_handled), int(handled.sum())), int(handled.sum()))
    still_open = max(0, setting.scaled(level.online_received) - int(online[handled].sum()))
    online[~handled] = exactly(rng, still_open, int((~handled).sum()))
    columns["online"] = online
    return Dossiers(**columns, **_course(setting, rng, intake, fate, setting.rank(LAST_DAY)))


def _acceptance(setting: Setting, rng: np.random.Generator, count: int, on_last_day: int) -> Ints:
    """When dossiers are accepted: in office hours, more of them month by month; at least so many on the last day."""
    days = list(range(FIRST_DAY, LAST_DAY + 1))
    weights = [setting.busyness(day) * (1 + (day - FIRST_DAY) / 400) for day in days]
    shares = spread(max(count - on_last_day, 0), weights)
    shares[-1] += min(count, on_last_day)
    return np.sort(_office_times(rng, np.repeat(np.array(days), shares)))


def _office_times(rng: np.random.Generator, days: Ints) -> Ints:
    saturday = (days + 3) % 7 == 5
    seconds = np.where(saturday, MORNING.seconds(rng, len(days)), OFFICE.seconds(rng, len(days)))
    return midnight(0) + days * 86_400 + seconds


def _fields(rng: np.random.Generator, level: str, count: int) -> tuple[Ints, Ints]:
    """Each dossier's field, and the working days that its procedure allows."""
    weights = np.array([getattr(field, level) for field in FIELDS])
    field = rng.choice(len(FIELDS), count, p=weights / weights.sum())
    shortest, longest = (np.array([getattr(f, name) for f in FIELDS])[field] for name in ("shortest", "longest"))
    return field, shortest + (rng.random(count) * (longest - shortest + 1)).astype(np.int64)


def _fates(setting: Setting, rng: np.random.Generator, level: LevelFigures, intake: Intake) -> Ints:
    """How dossiers stand on the last evening: the counts are given, long procedures and new dossiers are open."""
    accepted, promised = intake.accepted, intake.promised
    count = len(accepted)
    age = (END - accepted) / 86_400
    fate = np.where(rng.random(count) < LATE_SHARE[intake.level], LATE, HANDLED)
    # What was accepted in the last days cannot be late yet.
    fate[age < 1.5 * promised + 5] = HANDLED
    # The smallest of exponential variables, each divided by its weight, are a sample without replacement.
    urgency = np.log(rng.exponential(size=count)) + age / (2.0 * promised)
    still_open = np.argsort(urgency, kind="stable")[: setting.scaled(level.received) - setting.scaled(level.handled)]
    rng.shuffle(still_open)
    fate[still_open] = RUNNING
    fate[still_open[: setting.scaled(level.suspended)]] = SUSPENDED
    others = still_open[setting.scaled(level.suspended) :]
    old = others[age[others] > 25]
    fate[old[: setting.scaled(level.overdue)]] = OVERDUE
    return fate


def _attributes(setting: Setting, rng: np.random.Generator, intake: Intake, fate: Ints) -> dict[str, Any]:
    level, accepted = intake.level, intake.accepted
    count, communes = len(accepted), len(setting.communes)
    unit = rng.choice(communes, count, p=setting.commune_shares)
    overdue = fate == OVERDUE
    unit[overdue] = _lagging(setting)[rng.integers(LAGGING_COMMUNES, size=int(overdue.sum()))]
    desk = np.where(rng.random(count) < (0.06 if level == "commune" else 0.2), rng.permutation(unit), -1)
    if level == "commune":
        desk = np.where(desk < 0, unit, desk)
        if day_of(int(accepted[-1])) == LAST_DAY if count else False:
            # Every center receives on the last day.
            first = int(np.searchsorted(accepted, midnight(LAST_DAY)))
            desk[first : first + communes] = unit[first : first + communes] = np.arange(communes)[: count - first]
    return {
        "accepted": accepted,
        "province": np.full(count, level == "province"),
        "field": intake.field,
        "unit": unit,
        "desk": desk,
        "digitised": rng.random(count) < DIGITISED / RECEIVED,
        "fee": rng.random(count) < 0.25,
        "e_result": rng.random(count) < 0.8,
    }


def _lagging(setting: Setting) -> Ints:
    """The communes that lag behind: middling ones, the same for every day of a seed."""
    middling = np.argsort(setting.commune_shares)[len(setting.communes) // 2 :][:30]
    return np.asarray(setting.rng("lagging").choice(middling, LAGGING_COMMUNES, replace=False))


def _course(setting: Setting, rng: np.random.Generator, intake: Intake, fate: Ints, last: int | None) -> dict[str, Any]:
    """The instants of each dossier's life; ``last`` is the rank of the day that fates are told of, None for no such."""
    accepted, promised = intake.accepted, intake.promised
    count = len(accepted)
    horizon = 10**6 if last is None else last
    days = setting.working_days
    rank = np.searchsorted(days, (accepted - midnight(0)) // 86_400)

    def draw(least: Ints | int, most: Ints | int) -> Ints:
        """Whole numbers between two bounds, both included."""
        return least + (rng.random(count) * (np.maximum(most, least) - least + 1)).astype(np.int64)

    def at(ranks: Ints) -> Ints:
        """Instants on working days, in office hours, and after acceptance."""
        day = days[np.minimum(ranks, len(days) - 1)]
        instants: Ints = midnight(0) + day * 86_400 + OFFICE.seconds(rng, count)
        later: Ints = np.maximum(instants, accepted + draw(300, 1500))
        return later

    def five_o_clock(ranks: Ints) -> Ints:
        clocks: Ints = midnight(0) + days[np.minimum(ranks, len(days) - 1)] * 86_400 + 17 * 3600
        return clocks

    handled, late = fate == HANDLED, fate == LATE
    running, suspended, overdue = fate == RUNNING, fate == SUSPENDED, fate == OVERDUE
    due = rank + promised
    due[overdue] = np.maximum(np.minimum(due, horizon - 1 - draw(0, 12)), rank + 1)[overdue]
    due[late] = np.minimum(due, horizon - 1)[late]
    beyond = np.maximum(due, horizon + 1 + np.minimum(rng.exponential(6, count), 40).astype(np.int64))
    extended = running & (beyond > due) & (due < horizon) & (due > rank)
    later = np.where(running, beyond, due)
    due = np.where(running & ~extended, beyond, due)
    took = rank + draw(0, promised)
    closed = np.where(handled, np.minimum(took, horizon), np.minimum(due + draw(1, 8), np.maximum(horizon, due + 1)))
    closed = np.where(running, np.maximum(later - draw(0, 3), horizon + 1), closed)
    # A suspension ends before its dossier is closed, and moves the deadline by as long as it lasted.
    paused = handled & (closed - rank >= 3) & (rng.random(count) < 0.15)
    begins = np.where(paused, rank + 1, np.minimum(rank + draw(1, 3), horizon))
    ends = np.where(paused, draw(begins, closed - 1), horizon + draw(1, 25))
    paused |= suspended
    closed = np.where(suspended, ends + draw(1, 10), np.where(overdue, horizon + draw(1, 30), closed))
    later = np.where(paused, np.maximum(due, begins) + ends - begins, later)
    later = np.where(suspended, np.maximum(later, closed), later)
    since = np.where(paused, at(begins), NEVER)
    return {
        "due": five_o_clock(due),
        "suspended": since,
        "resumed": np.where(paused, np.maximum(at(ends), since + 60), NEVER),
        "extended": np.where(extended, np.minimum(at(due), five_o_clock(due) - 3600), NEVER),
        "later_due": np.where(extended | paused, five_o_clock(later), NEVER),
        # What is in time on its last day is so before the deadline of 17:00.
        "closed": np.where(handled, np.minimum(at(closed), five_o_clock(later)), at(closed)),
    }
