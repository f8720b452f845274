"""Names of exported metrics, by Prometheus' guide: ``ioc_<subsystem>_<thing>_<unit>``."""

from ioc.kpis.base import Kpi

KPI_INFO = "ioc_kpi_info"
"""1 for every KPI, window and subsystem that must exist, so that absence can be grey."""
UNIT_INFO = "ioc_unit_info"
"""1 for every unit of the province. Labels: unit (its code), name, kind, level."""
UNIT_KPI = "ioc_unit_kpi"
"""Recorded by Prometheus once a minute: a KPI of one unit, where enough cases stand behind it. Labels: subsystem, kpi,
window, unit, level, measured_in, and best (most, least) where the KPI says which end is good."""
KPI_SINCE = "ioc_kpi_since_seconds"
"""For a KPI newer than the state: the event time from which it counts everything; absent for all others."""
KPI_STATUS = "ioc_kpi_status"
"""Recorded by Prometheus: 0 grey, 1 green, 2 yellow, 3 red."""
KPI_GREY_REASON = "ioc_kpi_grey_reason"
"""Recorded by Prometheus: why a status is grey: 1 feed silent, 2 no data, 3 not due, 4 below the minimum sample."""
SUBSYSTEM_STATUS = "ioc_subsystem_status"
"""Recorded by Prometheus: the worst status of a subsystem: red before yellow before grey before green."""
KPI_NOT_DUE = "ioc_kpi_not_due"
"""1 while the report behind a KPI is not due yet, by its calendar."""
EVENT_TIME = "ioc_event_time_seconds"
"""Newest event time of a subsystem, seconds since the epoch."""
CLOCK = "ioc_clock_seconds"
"""The ``now`` that all figures are read at, seconds since the epoch."""
FEED_SILENCE = "ioc_feed_silence_seconds"
"""Time in a feed's hours since anything was appended to its topic."""
FEED_EXPECTED_INTERVAL = "ioc_feed_expected_interval_seconds"
FEED_IN_HOURS = "ioc_feed_expected"
"""1 while the feed is expected to speak."""
FEED_LAG = "ioc_feed_lag_records"
"""Records appended to a subsystem's topic and not yet in the figures."""
EVENTS_CONSUMED = "ioc_events_consumed_total"
"""Records consumed from a subsystem's topic, from its offsets."""
EVENTS = "ioc_events_total"
"""Records by fate: applied, duplicate, rejected; conservation makes them add up to the consumed."""
EVENTS_LATE = "ioc_events_late_total"
"""Applied events that were late."""
EVENTS_REJECTED = "ioc_events_rejected_total"
"""Rejected records by reason."""
ORPHANS = "ioc_orphans"
"""Entities known by an event of theirs whose opening never came."""
SIMULATED = "ioc_simulated"
"""1 where the events are simulated or replayed."""
FIGURES_CHANGED = "ioc_figures_changed_timestamp_seconds"
"""When the exporter last saw the figures change, by the wall clock."""

WINDOW_LABEL = "window"


def metric_name(subsystem: str, slug: str, kpi: Kpi) -> str:
    """The metric of a KPI, its unit last."""
    thing = f"ioc_{subsystem}_{slug}"
    return thing if thing.endswith(f"_{kpi.unit}") else f"{thing}_{kpi.unit}"


def numerator_name(metric: str) -> str:
    return f"{metric}_numerator"


def denominator_name(metric: str) -> str:
    return f"{metric}_denominator"


def sample_name(metric: str) -> str:
    """How many cases stand behind a value that is no ratio."""
    return f"{metric}_sample"
