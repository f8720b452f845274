"""What the nation's rules record, and the times that they depend on."""

from enum import IntEnum

from ioc.text.bilingual import Text

PROVINCE = "province"
"""The label with a province's code, which every series of the nation's carries."""

PROVINCE_INFO = "ioc_province_info"
"""A province's place in the nation's file, from 1, whether or not it was ever heard. Labels: province, name_vi,
name_en, grafana (the address of its own Grafana)."""
PROVINCE_DOUBT = "ioc_province_doubt"
"""Why nothing that a province says is believed now, as a number of `Doubt`; absent where it is. Labels: province."""
CELL_INFO = "ioc_province_subsystem_info"
"""1 for every province and subsystem that must exist, so that absence can be grey. Labels: province, subsystem."""
CELL_STATUS = "ioc_province_subsystem_status"
"""The status of a subsystem in a province: what the province says of it, grey where that is not known to be of now; of
every province and subsystem, always. Labels: province, subsystem."""
CELL_GREY_REASON = "ioc_province_subsystem_grey_reason"
"""Why it is grey: a number of `Doubt`, or the province's own of `GreyReason`."""
PROVINCE_STATUS = "ioc_province_status"
"""The worst status of a province: red before yellow before grey before green."""
PROVINCE_SCORE = "ioc_province_score"
"""The order of the wall, the worst province first: no two are alike. One that is silent stands before all others, for
nobody knows how bad it is there; then the number of red subsystems counts, of yellow, of grey."""

JOB = "ioc-province-"
"""With a province's code the job that reads it."""

FEDERATION = 5
"""Seconds between two readings of a province."""
BRIDGED = 15
"""Seconds for which a province that does not answer is as it last was: one or two readings may fail."""
OLD = 25
"""Seconds since a status was judged in its province, by the nation's clock, after which it is none. A status that is
well is up to 15 old: three times 5 until it is judged, its time recorded and both read; the rest is for clocks that
differ, and for a reading that failed."""
STANDING = 60
"""Seconds in which the clock of a province's figures must move: as long as the province itself bridges an exporter that
restarts."""


class Doubt(IntEnum):
    """Why nothing that a province says is believed; beside `GreyReason`, whose numbers are smaller."""

    NO_ANSWER = 21
    NOT_JUDGED = 22
    """It answers, but its statuses are none of now."""
    CLOCK_AHEAD = 23
    """Its statuses are of a time that is yet to come: its clock or the nation's is wrong."""
    FIGURES_STAND = 24
    """The moment that its figures are read at does not move."""

    @property
    def text(self) -> Text:
        """What people call it."""
        return _TEXTS[self]


_TEXTS = {
    Doubt.NO_ANSWER: Text("Tỉnh không trả lời", "does not answer"),
    Doubt.NOT_JUDGED: Text("Trạng thái không mới", "statuses are not new"),
    Doubt.CLOCK_AHEAD: Text("Đồng hồ lệch", "clocks differ"),
    Doubt.FIGURES_STAND: Text("Số liệu đứng yên", "figures stand still"),
}
