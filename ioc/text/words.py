"""Words that dashboards, messages and reports share: windows, levels of government, units of measure."""

from collections.abc import Mapping

from ioc.text.bilingual import Text

WINDOWS = {
    "5m": Text("5 phút", "5 min"),
    "1h": Text("1 giờ", "1 hour"),
    "3h": Text("3 giờ", "3 hours"),
    "24h": Text("24 giờ", "24 hours"),
    "today": Text("hôm nay", "today"),
    "7d": Text("7 ngày", "7 days"),
    "30d": Text("30 ngày", "30 days"),
    "month": Text("tháng này", "this month"),
    "total": Text("lũy kế", "running total"),
}
LEVELS = {
    "commune": Text("xã, phường", "communes and wards"),
    "province": Text("sở, ngành, cơ quan cấp tỉnh", "agencies of the province"),
}
UNIT_WORDS: Mapping[str, Text] = {
    "ratio": Text("%", "%"),
    "accidents": Text("vụ", "accidents"),
    "alerts": Text("cảnh báo", "alerts"),
    "backups": Text("bản", "backups"),
    "beds": Text("giường", "beds"),
    "billion_dong": Text("tỷ đồng", "bn VND"),
    "breaches": Text("vụ", "breaches"),
    "calls": Text("cuộc gọi", "calls"),
    "cameras": Text("camera", "cameras"),
    "cases": Text("trường hợp", "cases"),
    "centers": Text("trung tâm", "centers"),
    "documents": Text("văn bản", "documents"),
    "dossiers": Text("hồ sơ", "dossiers"),
    "exceedances": Text("giờ", "h"),
    "facilities": Text("cơ sở", "facilities"),
    "incidents": Text("sự cố", "incidents"),
    "index": Text("chỉ số", "index"),
    "levels": Text("mức báo động", "alarm level"),
    "lines": Text("thuê bao", "lines"),
    "lodgings": Text("cơ sở", "lodgings"),
    "measurements": Text("lần đo", "measurements"),
    "mentions": Text("tin", "mentions"),
    "meters": Text("m", "m"),
    "mm": Text("mm", "mm"),
    "persons": Text("người", "persons"),
    "points": Text("điểm", "points"),
    "procedures": Text("thủ tục", "procedures"),
    "rank": Text("hạng", "rank"),
    "records": Text("bản ghi", "records"),
    "reports": Text("báo cáo", "reports"),
    "requests": Text("phản ánh", "requests"),
    "rooms": Text("phòng", "rooms"),
    "schools": Text("trường", "schools"),
    "services": Text("dịch vụ", "services"),
    "sites": Text("điểm", "sites"),
    "stations": Text("trạm", "stations"),
    "systems": Text("hệ thống", "systems"),
    "tasks": Text("nhiệm vụ", "tasks"),
    "times": Text("lần", "times"),
    "ug_m3": Text("µg/Nm³", "µg/Nm³"),
    "vehicles": Text("lượt xe", "vehicles"),
    "views": Text("lượt xem", "views"),
    "violations": Text("vi phạm", "violations"),
}
"""Units of measure, and what is counted."""
MEASURES = {"billion_dong", "exceedances", "meters", "mm", "times", "ug_m3"}
"""Units that stand behind a value even where the KPI's name is beside it: of counts that says what is counted."""
