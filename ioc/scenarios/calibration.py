"""The calibration table of `phu-tho-2025`: the published figures, and what the product must read from the scenario.

Source: Vietnam News Agency (Báo Tin Tức), 18/11/2025. Where only a ratio was published, its numerator is synthetic.
"""

from typing import NamedTuple

from ioc.time.windows import Window


class PublishedFigure(NamedTuple):
    """What a KPI must read at the end of the scenario at scale 1; ``label`` is empty for the whole."""

    kpi: str
    value: float
    numerator: int | None = None
    denominator: int | None = None
    label: tuple[tuple[str, str], ...] = ()
    window: Window = "total"
    at_most: float | None = None
    """Where the figure was published as a range: ``value`` to ``at_most``."""


def _ratio(kpi: str, numerator: int, denominator: int, label: tuple[tuple[str, str], ...] = ()) -> PublishedFigure:
    return PublishedFigure(kpi, numerator / denominator, numerator, denominator, label)


class LevelFigures(NamedTuple):
    """Dossiers that one level of government decides: counts of the four months and of the last evening."""

    received: int
    handled: int
    online_received: int
    online_handled: int
    suspended: int
    """Of those open: their clock stands still. M: nothing was published of it."""
    overdue: int
    """Of those open and running. M: the source calls timeliness "very high"."""

    @property
    def open(self) -> int:
        return self.received - self.handled


PROVINCE = LevelFigures(57_679, 40_695, 39_014, 27_526, 6_860, 72)
COMMUNE = LevelFigures(240_426, 225_367, 232_262, 217_745, 3_640, 80)
RECEIVED = PROVINCE.received + COMMUNE.received
HANDLED = PROVINCE.handled + COMMUNE.handled
ONLINE_RECEIVED = PROVINCE.online_received + COMMUNE.online_received
DIGITISED = 214_785
PROJECT06, PROJECT06_ONLINE = 10_000, 9_867
PROCEDURES_PROVINCE, PROCEDURES_COMMUNE = 1_863, 290
ONLINE_SERVICES = 969
CENTERS = 148
INDEX_766, INDEX_766_RANK = 85.6, 7

FEEDBACK_RECEIVED, FEEDBACK_RESOLVED = 986, 542

LEGAL = {
    "drafts_appraised": 36,
    "drafts_commented": 81,
    "acts_issued": 29,
    "acts_reviewed": 1_063,
    "commune_acts_checked": 52,
    "acts_added_nationally": 25,
}
TELECOM_COVERAGE, BASE_STATIONS_5G, BROADBAND_LINES = 0.99, 170, 799_640
PEOPLE_SETTLED = 4_461

_PROVINCE, _COMMUNE = (("level", "province"),), (("level", "commune"),)

TABLE: tuple[PublishedFigure, ...] = (
    _ratio("public_services.handled_ratio", PROVINCE.handled, PROVINCE.received, _PROVINCE),
    PublishedFigure("public_services.backlog", PROVINCE.open, label=_PROVINCE),
    _ratio("public_services.handled_ratio", COMMUNE.handled, COMMUNE.received, _COMMUNE),
    PublishedFigure("public_services.backlog", COMMUNE.open, label=_COMMUNE),
    _ratio("public_services.handled_ratio", HANDLED, RECEIVED),
    PublishedFigure("public_services.backlog", RECEIVED - HANDLED),
    _ratio("public_services.digitised_ratio", DIGITISED, RECEIVED),
    _ratio("public_services.online_handled_ratio", PROVINCE.online_handled, PROVINCE.handled, _PROVINCE),
    _ratio("public_services.online_received_ratio", ONLINE_RECEIVED, RECEIVED),
    _ratio("public_services.project06_online_ratio", PROJECT06_ONLINE, PROJECT06),
    PublishedFigure("public_services.procedures", PROCEDURES_PROVINCE + PROCEDURES_COMMUNE),
    PublishedFigure("public_services.procedures", PROCEDURES_PROVINCE, label=_PROVINCE),
    PublishedFigure("public_services.online_services", ONLINE_SERVICES),
    PublishedFigure("public_services.centers_reporting", CENTERS, window="today"),
    PublishedFigure("public_services.index_766", INDEX_766),
    PublishedFigure("public_services.index_766_rank", INDEX_766_RANK),
    _ratio("citizen_feedback.resolved_ratio", FEEDBACK_RESOLVED, FEEDBACK_RECEIVED),
    *(PublishedFigure(f"e_documents.{kpi}", count) for kpi, count in LEGAL.items()),
    PublishedFigure("statistics.telecom_coverage_ratio", TELECOM_COVERAGE),
    PublishedFigure("statistics.base_stations_5g", BASE_STATIONS_5G),
    PublishedFigure("statistics.broadband_lines", 799_000, at_most=800_000),
    PublishedFigure("cybersecurity.systems_up_ratio", 1),
    PublishedFigure("statistics.people_settled", PEOPLE_SETTLED),
)
