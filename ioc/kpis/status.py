"""The status of a KPI and what it rests on, as Prometheus records them and as people read them."""

from enum import IntEnum
from typing import NamedTuple

from ioc.text.bilingual import Text


class Status(IntEnum):
    """A status as it is recorded; `rank` orders them from bad to good."""

    GREY = 0
    GREEN = 1
    YELLOW = 2
    RED = 3

    @property
    def rank(self) -> int:
        """0 for the worst: red before yellow before grey before green."""
        return (Status.RED, Status.YELLOW, Status.GREY, Status.GREEN).index(self)

    @property
    def text(self) -> Text:
        """What people call it."""
        return _STATUS_TEXTS[self]


class GreyReason(IntEnum):
    """Why a status is grey."""

    FEED_SILENT = 1
    NO_DATA = 2
    NOT_DUE = 3
    BELOW_SAMPLE = 4
    BEHIND = 5
    """Records wait that were not read."""
    REBUILDING = 6
    """A partition's state is made anew from its topics."""
    THING_SILENT = 7
    """A thing broke the limit when it was last heard, or sent its part of the whole, and is silent since."""
    INCOMPLETE = 8
    """The KPI counts only since a moment within its window."""
    LOST = 9
    """Events that may count were deleted by age before they were read."""

    @property
    def text(self) -> Text:
        """What people call it."""
        return _REASON_TEXTS[self]


class Certainty(IntEnum):
    """How much is known of what makes a KPI, as it is exported."""

    UNKNOWN = 0
    PARTLY_KNOWN = 1
    KNOWN = 2

    @property
    def text(self) -> Text:
        """What people call it."""
        return _CERTAINTY_TEXTS[self]


class Knowledge(NamedTuple):
    """What a status may rest on: green takes a proof, red takes only what is known."""

    certainty: Certainty
    reason: GreyReason | None = None
    """Why it is not all known; None where it is."""


KNOWN = Knowledge(Certainty.KNOWN)

_STATUS_TEXTS = {
    Status.GREY: Text("Không có dữ liệu", "no data"),
    Status.GREEN: Text("Bình thường", "normal"),
    Status.YELLOW: Text("Theo dõi", "watch"),
    Status.RED: Text("Cần xử lý", "act"),
}
_CERTAINTY_TEXTS = {
    Certainty.UNKNOWN: Text("Chưa biết", "unknown"),
    Certainty.PARTLY_KNOWN: Text("Mới biết một phần", "partly known"),
    Certainty.KNOWN: Text("Biết đủ", "known"),
}
_REASON_TEXTS = {
    GreyReason.FEED_SILENT: Text("Mất dữ liệu", "feed silent"),
    GreyReason.NO_DATA: Text("Không có dữ liệu", "no data"),
    GreyReason.NOT_DUE: Text("Chưa đến kỳ báo cáo", "not due"),
    GreyReason.BELOW_SAMPLE: Text("Chưa đủ mẫu", "below sample"),
    GreyReason.BEHIND: Text("Chưa đủ dữ liệu", "not all read yet"),
    GreyReason.REBUILDING: Text("Đang dựng lại số liệu", "rebuilding"),
    GreyReason.INCOMPLETE: Text("Chưa theo dõi đủ kỳ", "not counted for the whole window yet"),
    GreyReason.LOST: Text("Thiếu sự kiện cũ đã bị xóa", "older events are lost"),
    GreyReason.THING_SILENT: Text("Có nơi mất tín hiệu", "a place is silent"),
}
