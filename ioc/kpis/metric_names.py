"""Names of exported metrics, by Prometheus' guide: ``ioc_<subsystem>_<thing>_<unit>``."""

from ioc.kpis.base import Kpi

KPI_INFO = "ioc_kpi_info"
"""1 for every KPI, window and subsystem that must exist, so that absence can be grey."""
UNIT_INFO = "ioc_unit_info"
"""1 for every unit of the province. Labels: unit (its code), name, kind, level."""
UNIT_KPI = "ioc_unit_kpi"
"""Recorded by Prometheus once a minute: a KPI of one unit, where enough cases stand behind it. Labels: subsystem, kpi,
window, unit, level, measured_in, and best (most, least) where the KPI says which end is good."""
UNIT_RANK = "ioc_unit_rank"
"""The rank of a unit by a share in a running window among the units of its level: 1 is the best, equals share one, and
who has fewer cases than the minimum sample, or no peer, has none. Labels: subsystem, kpi, window, unit."""
KPI_SINCE = "ioc_kpi_since_seconds"
"""The event time from which on a KPI counts everything: one newer than the state, or one that lacks events which were
deleted by age before they were read. Absent for all others."""
KPI_STATUS = "ioc_kpi_status"
"""Recorded by Prometheus: 0 grey, 1 green, 2 yellow, 3 red."""
KPI_GREY_REASON = "ioc_kpi_grey_reason"
"""Recorded by Prometheus: why a status is grey, as a number of `GreyReason`."""
SUBSYSTEM_STATUS = "ioc_subsystem_status"
"""Recorded by Prometheus: the worst status of a subsystem: red before yellow before grey before green."""
SUBSYSTEM_JUDGED = "ioc_subsystem_judged_timestamp_seconds"
"""Recorded by Prometheus: when a subsystem's status was last recorded, seconds since the epoch by Prometheus' clock:
what reads it from elsewhere knows by it whether the status is of now."""
KPI_KNOWLEDGE = "ioc_kpi_knowledge"
"""How much is known of what makes a KPI: 0 nothing to judge by, 1 a part, 2 all."""
KPI_DOUBT = "ioc_kpi_doubt"
"""Why not all is known of a KPI, as a number of `GreyReason`; absent where all is."""
KPI_DOUBT_INFO = "ioc_kpi_doubt_info"
"""1 for everything that is not known of a KPI. Labels: subsystem, kpi, reason, and the feed or partition of it."""
KPI_FEED = "ioc_kpi_feed_info"
"""1 for every feed that a KPI rests on. Labels: subsystem, kpi, feed."""
THING_SILENT = "ioc_thing_silent"
"""For everything that fell silent while it broke a limit, what the KPI said of it when it was last heard of. Labels:
subsystem, kpi, and that of the field the KPI is read at each of. While there is one the KPI as a whole is not green."""
TREND = "ioc_trend_per_hour"
"""Recorded by Prometheus: by how much a value rises an hour, in its own unit; absent where it does not rise steadily.
Labels: subsystem, kpi, and that of the field the KPI is read at each of."""
FORECAST = "ioc_forecast_seconds"
"""Recorded by Prometheus: after how many seconds a value that goes on to rise reaches its next limit. Labels: those of
the trend, and limit: the number of an alarm level, or warning or critical."""
KPI_NOT_DUE = "ioc_kpi_not_due"
"""1 while the report behind a KPI is not due yet, by its calendar."""
KPI_MONTH = "ioc_kpi_month"
"""Backfilled at every midnight UTC: a KPI of the calendar month, as it stood at its end; beside it numerator and
denominator. Labels: subsystem, kpi, and the window it was read in: month, or another one of what stands."""
EVENT_TIME = "ioc_event_time_seconds"
"""Newest event time of a subsystem, seconds since the epoch."""
DATA_TIME = "ioc_data_time_seconds"
"""Recorded by Prometheus: how far the data of all subsystems goes, seconds since the epoch: the newest event time of
the oldest of the feeds that are expected every hour or are silent for too long."""
ALERT_OPEN = "ioc_alert_open"
"""Recorded by Prometheus: 1 for each alert that fires and that no other one makes superfluous, as Alertmanager tells
them. Labels: those of the alert."""
SUBSYSTEM_BROKEN = "ioc_subsystem_broken"
"""Recorded by Prometheus: 1 for the KPI of a subsystem that breaks the worst limit as a whole, or else has the most red
places. Labels: subsystem, kpi."""
KPI_RED_PLACES = "ioc_kpi_red_places"
"""Recorded by Prometheus: how many units, stations or the like are red of a KPI; absent where none is."""
KPI_WORST_PLACE = "ioc_kpi_worst_place"
"""Recorded by Prometheus: the value of the worst place of a KPI that breaks a limit. Labels: subsystem, kpi, place."""
FEED_INFO = "ioc_feed_info"
"""1 for every feed, with its names. Labels: subsystem, feed, name_vi, name_en."""
FEED_EVENT_TIME = "ioc_feed_event_time_seconds"
"""Newest event time of a feed, seconds since the epoch; absent where it was never heard."""
CLOCK = "ioc_clock_seconds"
"""The ``now`` that all figures are read at, seconds since the epoch."""
FEED_SILENCE = "ioc_feed_silence_seconds"
"""Time in a feed's hours since it was heard; absent where it never was."""
FEED_EXPECTED_INTERVAL = "ioc_feed_expected_interval_seconds"
"""The longest time that a feed is silent while it is well; absent where nobody can tell."""
FEED_IN_HOURS = "ioc_feed_expected"
"""1 while the feed is expected to speak."""
SOURCE_LAG = "ioc_source_lag_records"
"""Records appended to a subsystem's topic and not yet in the figures."""
SOURCE_LAG_SECONDS = "ioc_source_lag_seconds"
"""How long the oldest of them has waited; infinite where it did when the exporter started, 0 where none waits."""
SOURCE_OPEN_TRANSACTION = "ioc_source_open_transaction_seconds"
"""How long a transaction has been open that keeps a subsystem's records from being read; 0 where none does."""
SOURCE_LOST = "ioc_source_lost_records"
"""Records of a subsystem that were deleted by age before they were read, as far as nobody has accepted it."""
EVENTS_CONSUMED = "ioc_events_consumed_total"
"""Records consumed from a subsystem's topic, from its offsets."""
EVENTS = "ioc_events_total"
"""Records by fate: applied, duplicate, rejected; conservation makes them add up to the consumed."""
EVENTS_LATE = "ioc_events_late_total"
"""Applied events of a feed that were late."""
EVENTS_CONFLICTING = "ioc_events_conflicting_total"
"""Duplicates of a feed that say something else than the event whose id they have."""
EVENTS_REJECTED = "ioc_events_rejected_total"
"""Rejected records by reason and by feed, of which none is known where the type could not be read."""
ORPHANS = "ioc_orphans"
"""Entities known by an event of theirs whose opening never came."""
NEGATIVE_COUNTS = "ioc_negative_counts_total"
"""Counts of things that fell below 0; each is a fault of the program."""
SIMULATED = "ioc_simulated"
"""1 where the events are simulated or replayed."""

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
