"""The moment before now that a page compares its figures with, picked on it."""

from dashboards.grafana.panel import Json, choice
from dashboards.grafana.queries import AGO
from ioc.text.bilingual import Language, Text

_COMPARED_WITH = Text("So với", "Compared with")
_MOMENTS = {
    "1h": Text("1 giờ trước", "1 hour ago"),
    "1d": Text("hôm qua", "yesterday"),
    "7d": Text("cùng thứ tuần trước", "the same weekday last week"),
    "30d": Text("tháng trước", "the month before"),
}


def compared_with(language: Language, chosen: str = "1d") -> Json:
    """The variable; the month before is 30 days ago."""
    moments = {span: words.of(language) for span, words in _MOMENTS.items()}
    return choice(AGO.removeprefix("$"), _COMPARED_WITH.titled(language), moments, chosen)


def change_title(language: Language) -> str:
    """Of a figure: how it differs from the moment picked."""
    return f"{_COMPARED_WITH.of(language)} ${{{AGO.removeprefix('$')}:text}}"
