"""The words that the dashboards add to those of the catalogue."""

from ioc.text.bilingual import Text

OVERVIEW = Text("Tổng quan IOC", "IOC overview")
DESK = Text("Tổng quan tại bàn", "Overview at a desk")
PLATFORM = Text("Nền tảng xử lý", "Platform")
ON_CALL = Text("Trực ban", "On call")
UNIT_PAGE = Text("Xã, phường, sở, ngành", "Communes and agencies")
RANKING = Text("Xếp hạng", "Ranking")
MAP = Text("Bản đồ", "Map")
BY_MONTH = Text("Theo tháng", "By month")
IOC = Text("Trung tâm Điều hành thông minh (IOC)", "Intelligent Operation Center (IOC)")
OTHER_LANGUAGE = {"vi": "English", "en": "Tiếng Việt"}
FOLDERS = {"vi": "Điều hành thông minh", "en": "Intelligent operations"}

NO_DATA = Text("Không có dữ liệu", "No data")
NO_ALERT = Text("Không có cảnh báo", "No alerts")
NEWEST_EVENT = Text("Sự kiện mới nhất", "Newest event")
NONE_REJECTED = Text("Không có bản ghi bị từ chối", "None rejected")
NO_LONGER_NEW = Text("Không còn mới", "No longer new")
NO_ANSWER = Text("Prometheus không trả lời", "Prometheus does not answer")
NOT_REPORTED = Text("Nguồn chưa báo cáo", "Not reported by the source")

STATUS = Text("Trạng thái", "Status")
STATUS_HISTORY = Text("Trạng thái các chỉ tiêu có ngưỡng", "Status of the KPIs with limits")
LIMIT = Text("Ngưỡng", "Limit")
LIMIT_BROKEN = Text("Vượt ngưỡng", "Limit broken")
WHOLE = Text("Toàn tỉnh", "Whole")
WORST_PLACE = Text("Nơi xấu nhất", "Worst place")
LIMITS = Text("Ngưỡng", "Limits")
NUMERATOR = Text("tử số", "numerator")
DENOMINATOR = Text("mẫu số", "denominator")
AT_OR_ABOVE = Text("từ", "at or above")
BELOW = Text("dưới", "below")
NEW = Text("MỚI", "NEW")
TAKEN = Text("nhận", "taken")
TAKEN_AT = Text("Nhận lúc", "Taken at")
NOTES = Text("Ghi chú", "Notes")
PLACES_RED = Text("đơn vị cần xử lý", "places red")
RED_PLACES = Text("nơi đỏ", "red")
UNTAKEN = Text("chờ", "wait")
NOT_TAKEN = Text("Chưa ai nhận", "Nobody yet")
MINUTES = Text("phút", "min")
HOURS = Text("giờ", "h")
DAYS = Text("ngày", "d")

HEADLINE = Text("Chỉ tiêu chính", "Headline")
LIMITED_KPIS = Text("Chỉ tiêu có ngưỡng", "KPIs with limits")
OTHER_KPIS = Text("Chỉ tiêu khác", "Other KPIs")
BREAKDOWN = Text("Phân tổ theo", "By")
WORST_FIRST = Text("xấu nhất đứng đầu", "worst first")
BROKEN = Text("Chỉ tiêu có ngưỡng, màu theo trạng thái", "KPIs with limits, coloured by status")
WORST_PLACES = Text("Nơi xấu nhất", "The worst places")
CHANGE = Text("Thay đổi", "Change")
TREND = Text("Xu hướng", "Trend")
FORECAST = Text("Dự báo chạm ngưỡng", "Limits ahead")
FORECAST_LIMIT = Text("Mốc sắp chạm", "Limit ahead")
FORECAST_IN = Text("Sau", "In")
RISE_PER_HOUR = Text("Tăng mỗi giờ", "Rise per hour")
NO_FORECAST = Text("Không có dự báo, hoặc không có dữ liệu", "No forecast, or no data")
ALERTS = Text("Cảnh báo", "Alerts")
ALERTS_OPEN = Text("Cảnh báo đang mở", "Open alerts")
DATA_QUALITY = Text("Chất lượng dữ liệu", "Data quality")
KPI = Text("Chỉ tiêu", "KPI")
FEEDS = Text("Nguồn dữ liệu", "Feeds")
FEED = Text("Nguồn", "Feed")
FEED_OR_MACHINE = Text("Nguồn, máy", "Feed, machine")
LATE = Text("Đến muộn", "Late")
REJECTED = Text("Bị từ chối", "Rejected")
SEVERITY = Text("Mức", "Severity")
STATE = Text("Tình trạng", "State")
SINCE = Text("Từ lúc", "Since")
ALERT = Text("Cảnh báo", "Alert")
SUBSYSTEM = Text("Phân hệ", "Subsystem")
UNIT = Text("Đơn vị", "Unit")
RANK = Text("Hạng", "Rank")
LEVEL = Text("Cấp", "Level")
PERIOD = Text("Kỳ", "Period")
CASES_BEHIND = Text("Hồ sơ, vụ việc đằng sau", "The cases behind it")
RUNBOOK = Text("Cách xử lý", "Runbook")
TAKE = Text("Nhận cảnh báo, ai đang giữ", "Take the alert, who has it")
ONE_UNIT = Text("Mọi chỉ tiêu của đơn vị", "All KPIs of the unit")
CLASS = Text("Loại", "Class")

SEVERITIES = {
    "warning": Text("Cảnh báo", "Warning"),
    "critical": Text("Nghiêm trọng", "Critical"),
}
STATES = {"pending": Text("Chờ đủ thời gian", "Pending"), "firing": Text("Đang cảnh báo", "Firing")}
CLASSES = {"page": Text("Gọi trực ban", "Page"), "digest": Text("Bản tin 07:30", "Digest at 07:30")}
FATES = {
    "applied": Text("đã tính", "applied"),
    "duplicate": Text("trùng", "duplicate"),
    "rejected": Text("bị từ chối", "rejected"),
}
