"""The status of a KPI, and why one is grey, as Prometheus records them and as people read them."""

from enum import IntEnum

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

    @property
    def text(self) -> Text:
        """What people call it."""
        return _REASON_TEXTS[self]


_STATUS_TEXTS = {
    Status.GREY: Text("Không có dữ liệu", "no data"),
    Status.GREEN: Text("Bình thường", "normal"),
    Status.YELLOW: Text("Theo dõi", "watch"),
    Status.RED: Text("Cần xử lý", "act"),
}
_REASON_TEXTS = {
    GreyReason.FEED_SILENT: Text("Mất dữ liệu", "feed silent"),
    GreyReason.NO_DATA: Text("Không có dữ liệu", "no data"),
    GreyReason.NOT_DUE: Text("Chưa đến kỳ báo cáo", "not due"),
    GreyReason.BELOW_SAMPLE: Text("Chưa đủ mẫu", "below sample"),
}
