"""The words that the dashboards add to those of the catalogue."""

from dataclasses import dataclass
from typing import Protocol

from ioc.text.words import Language, Words


class Bilingual(Protocol):
    """A text of the catalogue or of the program."""

    @property
    def vi(self) -> str: ...

    @property
    def en(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says texts in one language, English ones with a capital."""

    language: Language

    def __call__(self, text: Bilingual) -> str:
        said = self.lower(text)
        return said[:1].upper() + said[1:]

    def lower(self, text: Bilingual) -> str:
        """As it is written within a line."""
        return text.vi if self.language == "vi" else text.en

    @property
    def other(self) -> Language:
        return "en" if self.language == "vi" else "vi"


OVERVIEW = Words("Tổng quan IOC", "IOC overview")
PLATFORM = Words("Nền tảng xử lý", "Platform")
ON_CALL = Words("Trực ban", "On call")
UNIT_PAGE = Words("Xã, phường, sở, ngành", "Communes and agencies")
RANKING = Words("Xếp hạng", "Ranking")
IOC = Words("Trung tâm Điều hành thông minh (IOC)", "Intelligent Operation Center (IOC)")
OTHER_LANGUAGE = {"vi": "English", "en": "Tiếng Việt"}
FOLDERS = {"vi": "Điều hành thông minh", "en": "Intelligent operations"}

NO_DATA = Words("Không có dữ liệu", "No data")
NO_ALERT = Words("Không có cảnh báo", "No alerts")
NONE_REJECTED = Words("Không có bản ghi bị từ chối", "None rejected")
NOT_REPORTED = Words("Nguồn chưa báo cáo", "Not reported by the source")

STATUS = Words("Trạng thái", "Status")
STATUS_HISTORY = Words("Trạng thái các chỉ tiêu có ngưỡng", "Status of the KPIs with limits")
LIMITS = Words("Ngưỡng", "Limits")
NUMERATOR = Words("tử số", "numerator")
DENOMINATOR = Words("mẫu số", "denominator")
AT_OR_ABOVE = Words("từ", "at or above")
BELOW = Words("dưới", "below")
NEW = Words("MỚI", "NEW")
TAKEN = Words("nhận", "taken")
TAKEN_BY = Words("Người nhận", "Taken by")
TAKEN_AT = Words("Nhận lúc", "Taken at")
NOT_TAKEN = Words("Chưa ai nhận", "Nobody yet")
MINUTES = Words("phút", "min")
HOURS = Words("giờ", "h")
DAYS = Words("ngày", "d")

HEADLINE = Words("Chỉ tiêu chính", "Headline")
LIMITED_KPIS = Words("Chỉ tiêu có ngưỡng", "KPIs with limits")
OTHER_KPIS = Words("Chỉ tiêu khác", "Other KPIs")
BREAKDOWN = Words("Phân tổ theo", "By")
WORST_FIRST = Words("xấu nhất đứng đầu", "worst first")
ALERTS = Words("Cảnh báo", "Alerts")
ALERTS_OPEN = Words("Cảnh báo đang mở", "Open alerts")
DATA_QUALITY = Words("Chất lượng dữ liệu", "Data quality")
KPI = Words("Chỉ tiêu", "KPI")
FEEDS = Words("Nguồn dữ liệu", "Feeds")
SEVERITY = Words("Mức", "Severity")
STATE = Words("Tình trạng", "State")
SINCE = Words("Từ lúc", "Since")
ALERT = Words("Cảnh báo", "Alert")
SUBSYSTEM = Words("Phân hệ", "Subsystem")
UNIT = Words("Đơn vị", "Unit")
RANK = Words("Hạng", "Rank")
PERIOD = Words("Kỳ", "Period")
CASES_BEHIND = Words("Hồ sơ, vụ việc đằng sau", "The cases behind it")
ONE_UNIT = Words("Mọi chỉ tiêu của đơn vị", "All KPIs of the unit")
CLASS = Words("Loại", "Class")

WINDOWS = {
    "5m": Words("5 phút", "5 min"),
    "1h": Words("1 giờ", "1 hour"),
    "3h": Words("3 giờ", "3 hours"),
    "24h": Words("24 giờ", "24 hours"),
    "today": Words("hôm nay", "today"),
    "7d": Words("7 ngày", "7 days"),
    "30d": Words("30 ngày", "30 days"),
    "month": Words("tháng này", "this month"),
    "total": Words("lũy kế", "running total"),
}
LEVELS = {
    "commune": Words("xã, phường", "communes and wards"),
    "province": Words("sở, ngành, cơ quan cấp tỉnh", "agencies of the province"),
}
SEVERITIES = {
    "warning": Words("Cảnh báo", "Warning"),
    "critical": Words("Nghiêm trọng", "Critical"),
}
STATES = {"pending": Words("Chờ đủ thời gian", "Pending"), "firing": Words("Đang cảnh báo", "Firing")}
CLASSES = {"page": Words("Gọi trực ban", "Page"), "digest": Words("Bản tin 07:30", "Digest at 07:30")}
FATES = {
    "applied": Words("đã tính", "applied"),
    "duplicate": Words("trùng", "duplicate"),
    "rejected": Words("bị từ chối", "rejected"),
}
