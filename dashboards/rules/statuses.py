"""The recording rules of the one status; ``ioc.kpis.limits`` defines in Python what they compute."""

from collections.abc import Iterator, Mapping, Sequence

from dashboards.rules.exporters import recent
from dashboards.rules.limited import LimitedKpi
from dashboards.rules.names import FEED_SILENT, KPI_JUDGED
from dashboards.rules.rule import Recording, selector
from ioc.catalogue.model import Subsystem
from ioc.kpis import metric_names
from ioc.kpis.limits import STATUS_OF_SEVERITY, Level, Severity
from ioc.kpis.status import Certainty, GreyReason, Status


def feed_recording(subsystem: Subsystem) -> Recording:
    """Whether each feed is silent: of two exporters the one that has read further heard it last."""
    silence, expected = (
        f"min by (subsystem, feed) ({recent(selector(metric, subsystem=subsystem.subsystem))})"
        for metric in (metric_names.FEED_SILENCE, metric_names.FEED_EXPECTED_INTERVAL)
    )
    return Recording(FEED_SILENT, f"{silence}\n  > bool\n{expected}")


def kpi_recordings(kpi: LimitedKpi) -> Iterator[Recording]:
    """What may be judged, its status, and the reason where that is grey."""
    yield Recording(KPI_JUDGED, _judged(kpi), kpi.identity)
    yield Recording(metric_names.KPI_STATUS, _status(kpi), kpi.identity)
    yield Recording(metric_names.KPI_GREY_REASON, _grey_reason(kpi), kpi.identity)


def subsystem_recording(kpis: Sequence[LimitedKpi]) -> Recording:
    """The worst status of the KPIs as a whole; a whole has none of the labels of breakdowns.

    A headline without limits has no status of its own, and is what a tile shows: without its value none is green.
    """
    whole = dict.fromkeys((label for kpi in kpis for label in kpi.labels), "")
    statuses = selector(metric_names.KPI_STATUS, subsystem=kpis[0].subsystem.subsystem, **whole)
    subsystem, least = kpis[0].subsystem, f"min by (subsystem) ({statuses})"
    parts = [f"max by (subsystem) ({statuses} >= {Status.YELLOW})"]
    if subsystem.headline not in {kpi.slug for kpi in kpis}:
        parts.append(f"{least} * {Status.GREY:d} unless on () {_headline(subsystem)}")
    return Recording(metric_names.SUBSYSTEM_STATUS, "\nor\n".join([*parts, least]))


def _headline(subsystem: Subsystem) -> str:
    """The value of a headline without limits, in its first window and as a whole, where all of it is known."""
    slug, name = subsystem.subsystem, subsystem.headline
    kpi = subsystem.kpis[name]
    whole = {subsystem.label(field): "" for grouping in kpi.groupings for field in grouping}
    labels = {metric_names.WINDOW_LABEL: kpi.windows[0], **whole}
    value = recent(selector(metric_names.metric_name(slug, name, kpi), **labels))
    return f"({value} and on () {_all_known({'subsystem': slug, 'kpi': name}, Certainty.KNOWN)})"


def _judged(kpi: LimitedKpi) -> str:
    worst = "max" if kpi.limits.direction == "above" else "min"
    parts = [f"{worst} by ({kpi.series}) ({kpi.recent(kpi.metric)})"]
    if kpi.limits.minimum_sample:
        sample = f"max by ({kpi.series}) ({kpi.recent(kpi.sample_metric)})"
        parts += [f"  and on ({kpi.series})", f"{sample} >= {kpi.limits.minimum_sample}"]
    parts += ["  and on ()", _known(kpi, Certainty.PARTLY_KNOWN)]
    return "\n".join(parts)


def _status(kpi: LimitedKpi) -> str:
    judged = selector(KPI_JUDGED, **kpi.identity)
    colours = [_broken(kpi, severity) for severity in kpi.limits.severities]
    silent = _silent_thing(kpi)
    withheld = f" unless {silent}" if silent else ""
    colours.append(f"({judged} and on () {_known(kpi, Certainty.KNOWN)}{withheld}) * 0 + {Status.GREEN:d}")
    information = selector(metric_names.KPI_INFO, **kpi.identity, window=kpi.limits.window)
    grey = [
        f"group by ({kpi.series}) ({kpi.recent(kpi.metric)}) * {Status.GREY:d}",
        f"group by ({metric_names.WINDOW_LABEL}) ({recent(information)}) * {Status.GREY:d}",
    ]
    return f"\nor on ({kpi.series})\n".join(["\nor\n".join(colours), *grey])


def _broken(kpi: LimitedKpi, severity: Severity) -> str:
    """The status of a severity where its limit is broken, or was and is not cleared yet."""
    level, status = kpi.limits.level(severity), STATUS_OF_SEVERITY[severity]
    assert level is not None
    judged = selector(KPI_JUDGED, **kpi.identity)
    breaks = ">=" if kpi.limits.direction == "above" else "<"
    raised = f"{judged} {breaks} {level.raised:.12g}"
    if _has_hysteresis(level):
        before = f"{selector(metric_names.KPI_STATUS, **kpi.identity)} >= {status:d}"
        raised += f" or ({judged} {breaks} {level.clear:.12g} and {before})"
    return f"({raised}) * 0 + {status:d}"


def _has_hysteresis(level: Level) -> bool:
    return level.clear != level.raised


def _grey_reason(kpi: LimitedKpi) -> str:
    grey = f"({selector(metric_names.KPI_STATUS, **kpi.identity)} == {Status.GREY:d})"
    reasons = [f"{grey} + on () group_left () max({recent(selector(metric_names.KPI_DOUBT, **kpi.identity))})"]
    if silent := _silent_thing(kpi):
        reasons.append(f"{grey} + {GreyReason.THING_SILENT:d} and {silent}")
    if kpi.limits.minimum_sample:
        known = f"{grey} + {GreyReason.BELOW_SAMPLE:d} and on () {_known(kpi, Certainty.KNOWN)}"
        reasons.append(f"{known} and on ({kpi.series}) {kpi.recent(kpi.metric)}")
    return "\nor\n".join([*reasons, f"{grey} + {GreyReason.NO_DATA:d}"])


def _silent_thing(kpi: LimitedKpi) -> str:
    """What matches the series of no single thing while one is silent that counts; empty where none can be."""
    if kpi.kpi.sender is None or kpi.kpi.silent_after is None:
        return ""
    things = recent(selector(metric_names.THING_SILENT, **kpi.identity))
    return f"on ({kpi.subsystem.label(kpi.kpi.sender)}) group({things})"


def _known(kpi: LimitedKpi, least: Certainty) -> str:
    """Whether so much is known of what makes the KPI. Of two exporters the one that knows less is believed."""
    return _all_known(kpi.identity, least)


def _all_known(identity: Mapping[str, str], least: Certainty) -> str:
    return f"min({recent(selector(metric_names.KPI_KNOWLEDGE, **identity))}) >= {least:d}"
