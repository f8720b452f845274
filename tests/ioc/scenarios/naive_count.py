"""What the events of `phu-tho-2025` count up to without the engine: all that the calibration table asks for."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ioc.scenarios.events import Event, stamp
from ioc.scenarios.setting import END

Readings = Mapping[tuple[str, tuple[tuple[str, str], ...]], tuple[float, ...]]
"""Of rows of the calibration table, by KPI and label: numerator and denominator, or the value."""

COUNTED = re.compile(
    rb"\.dossier\.(?!paid|result)|\.(procedures|online_services|index|indicator|system)\.reported|\.settled\."
    rb"|\.request\.re[cs]|\.(draft|act|commune_act)\."
)


class Envelope(msgspec.Struct):
    type: str
    time: str
    simulated: bool
    data: dict[str, Any]


@dataclass
class NaiveCount:
    """Counts by hand; a dossier is its acceptance's level, whether online, its deadline."""

    events: int = 0
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    dossiers: dict[str, tuple[str, bool]] = field(default_factory=dict)
    due: dict[str, str] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    centers: set[str] = field(default_factory=set)
    latest: dict[tuple[str, ...], float] = field(default_factory=dict)

    def take(self, type_: str, time: str, data: Mapping[str, Any]) -> None:
        _, _, subsystem, what, verb, _ = type_.split(".")
        if what == "dossier":
            self._dossier(verb, time, data)
        elif what in {"procedures", "online_services", "index", "indicator", "system"} and verb == "reported":
            own = data.get("level") or data.get("indicator") or data.get("system") or ""
            for name, value in data.items():
                if isinstance(value, int | float):
                    self.latest[subsystem, what, own, name] = value
        elif verb == "settled":
            self.counts["people"] += data["persons"]  # type: ignore[index]
        self.counts[subsystem, what, verb] += 1

    def _dossier(self, verb: str, time: str, data: Mapping[str, Any]) -> None:
        key, counts = data["dossier"], self.counts
        if verb == "accepted" and data["project06"]:
            counts["project06", data["channel"]] += 1
        elif verb == "accepted":
            level, online = data["level"], data["channel"] == "online"
            self.dossiers[key], self.due[key] = (level, online), data["due_at"]
            counts["received", level] += 1
            counts["received_online", level] += online
            counts["digitised", level] += data["components_digitised"]
            if time.startswith("2025-10-31") and data["receiving_level"] == "commune":
                self.centers.add(data["receiving_unit"])
        elif key in self.dossiers:
            level, online = self.dossiers[key]
            if verb == "handled":
                counts["handled", level] += 1
                counts["handled_online", level] += online
                counts["on_time", level] += time <= self.due.pop(key)
            elif verb in {"suspended", "supplement_requested"}:
                self.suspended.add(key)
            elif verb in {"resumed", "extended"}:
                self.suspended.discard(key)
                self.due[key] = data["due_at"]

    def pass_on(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events as they come, each counted."""
        decode = msgspec.json.Decoder(Envelope).decode
        for self.events, event in enumerate(events, 1):
            # What the calibration table has nothing of is only sampled: reading it all takes as long again.
            if self.events % 50 == 0 or COUNTED.search(event.value, 0, 200):
                envelope = decode(event.value)
                assert envelope.simulated
                assert envelope.time.encode() == stamp(event.time)
                self.take(envelope.type, envelope.time, envelope.data)
            yield event

    def both(self, name: str) -> int:
        return self.counts[name, "province"] + self.counts[name, "commune"]

    def overdue_share(self, level: str) -> float:
        running = [key for key in self.due if key not in self.suspended and self.dossiers[key][0] == level]
        return sum(self.due[key] < stamp(END).decode() for key in running) / len(running)


def readings(naive: NaiveCount) -> Readings:
    """Of each row of the calibration table."""
    count, both, latest = naive.counts, naive.both, naive.latest
    found: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[float, ...]] = {}
    for level in ("province", "commune"):
        label = (("level", level),)
        handled, received = count["handled", level], count["received", level]
        found["public_services.handled_ratio", label] = (handled, received)
        found["public_services.backlog", label] = (received - handled,)
        found["public_services.online_handled_ratio", label] = (count["handled_online", level], handled)
    latest_procedures = {
        level: latest["public_services", "procedures", level, "procedures"] for level in ("province", "commune")
    }
    found["public_services.procedures", (("level", "province"),)] = (latest_procedures["province"],)
    project06 = count["project06", "online"] + count["project06", "desk"]
    systems = [value for (_, what, *_), value in latest.items() if what == "system"]
    legal = {"drafts_appraised": ("draft", "appraised"), "drafts_commented": ("draft", "commented"),
             "acts_issued": ("act", "issued"), "acts_reviewed": ("act", "reviewed"),
             "commune_acts_checked": ("commune_act", "checked"),
             "acts_added_nationally": ("act", "added_nationally")}  # fmt: skip
    whole: dict[str, tuple[float, ...]] = {
        "public_services.handled_ratio": (both("handled"), both("received")),
        "public_services.backlog": (both("received") - both("handled"),),
        "public_services.digitised_ratio": (both("digitised"), both("received")),
        "public_services.online_received_ratio": (both("received_online"), both("received")),
        "public_services.project06_online_ratio": (count["project06", "online"], project06),
        "public_services.procedures": (sum(latest_procedures.values()),),
        "public_services.online_services": (latest["public_services", "online_services", "", "online_services"],),
        "public_services.centers_reporting": (len(naive.centers),),
        "public_services.index_766": (latest["public_services", "index", "", "points"],),
        "public_services.index_766_rank": (latest["public_services", "index", "", "rank"],),
        "citizen_feedback.resolved_ratio": (
            count["citizen_feedback", "request", "resolved"],
            count["citizen_feedback", "request", "received"],
        ),
        **{f"e_documents.{kpi}": (count["e_documents", *event],) for kpi, event in legal.items()},
        "statistics.telecom_coverage_ratio": (latest["statistics", "indicator", "telecom_coverage", "figure"],),
        "statistics.base_stations_5g": (latest["statistics", "indicator", "base_stations_5g", "figure"],),
        "statistics.broadband_lines": (latest["statistics", "indicator", "broadband_lines", "figure"],),
        "cybersecurity.systems_up_ratio": (sum(systems) / len(systems),),
        "statistics.people_settled": (count["people"],),  # type: ignore[index]
    }
    return found | {(kpi, ()): reading for kpi, reading in whole.items()}
