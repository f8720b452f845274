"""How a status looks: colour, word and shape, so that none of the three is needed to tell it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dashboards.grafana.panel import Json
from ioc.kpis.base import Band
from ioc.kpis.status import GreyReason, Status
from ioc.text.bilingual import Language, Text

BACKGROUND = "#111217"
"""The dark theme's page."""
CARD = "#181b1f"
"""The dark theme's panels."""
INK = "#0b0c0e"
"""Text on a status colour."""
TEXT = "#ffffff"
MUTED = "#b8bec8"
BLUE = "#6cb2ff"
"""A colour that is no status."""


@dataclass(frozen=True, slots=True)
class Look:
    """Of one status."""

    colour: str
    shape: str


LOOKS = {
    Status.GREY: Look("#9aa1ab", "○"),
    Status.GREEN: Look("#2fb67c", "●"),
    Status.YELLOW: Look("#ffd23f", "▲"),
    Status.RED: Look("#ff6b5e", "■"),
}
"""Bluish green, bright yellow and light red differ in lightness too (Okabe and Ito, Color Universal Design, 2008)."""

REASONS = {reason: reason.text for reason in GreyReason}
SHORT_REASONS = REASONS | {
    GreyReason.NO_DATA: Text("Không dữ liệu", "no data"),
    GreyReason.NOT_DUE: Text("Chưa đến kỳ", "not due"),
    GreyReason.BEHIND: Text("Chưa đủ dữ liệu", "not all read"),
    GreyReason.REBUILDING: Text("Đang dựng lại", "rebuilding"),
    GreyReason.INCOMPLETE: Text("Chưa đủ kỳ", "too new"),
    GreyReason.LOST: Text("Thiếu sự kiện", "events lost"),
    GreyReason.THING_SILENT: Text("Mất tín hiệu", "lost signal"),
}
"""For one line of large letters, which some reasons are too long for."""


def status_mappings(
    language: Language, written: Callable[[str], str] = str, reasons: Mapping[GreyReason, Text] = REASONS
) -> list[Json]:
    """Value mappings of a status field: 1 to 3, 0 for grey, and less for grey with its reason."""
    return value_mappings(status_looks(language, reasons, written))


def status_looks(
    language: Language, reasons: Mapping[GreyReason, Text], written: Callable[[str], str] = str
) -> dict[int, Json]:
    """Text and colour of what a status field holds."""
    words = {status: status.text for status in Status} | {Status.GREY: reasons[GreyReason.NO_DATA]}
    texts = {int(status): _look(status, word.titled(language), written) for status, word in words.items()}
    return texts | {-reason: _look(Status.GREY, word.titled(language), written) for reason, word in reasons.items()}


def no_status(language: Language) -> str:
    """What stands where not even a grey status came."""
    return f"{LOOKS[Status.GREY].shape} {SHORT_REASONS[GreyReason.NO_DATA].titled(language)}"


def value_mappings(texts: Mapping[int, Json] | Mapping[str, Json]) -> list[Json]:
    """A value mapping from values to text and colour."""
    options = {str(value): {**result, "index": place} for place, (value, result) in enumerate(texts.items())}
    return [{"type": "value", "options": options}]


NO_NUMBER: Json = {"type": "special", "options": {"match": "null+nan", "result": {"text": "–", "index": 0}}}
"""A value mapping that writes a dash where there is no number."""


def text_mappings(texts: Mapping[str, Text], language: Language) -> list[Json]:
    """A value mapping from codes to their texts."""
    return value_mappings({code: {"text": text.titled(language)} for code, text in texts.items()})


def status_steps() -> list[Json]:
    """Thresholds that colour a status field where mappings do not; the least, grey, is for reasons of grey too."""
    steps: list[Json] = [{"value": None, "color": LOOKS[Status.GREY].colour}]
    return steps + [{"value": int(status), "color": LOOKS[status].colour} for status in list(Status)[1:]]


def band_mappings(bands: Iterable[Band], language: Language, written: Callable[[str], str] = str) -> list[Json]:
    """A value mapping from ranges of values to their names."""
    return [
        {
            "type": "range",
            "options": {
                "from": band.first,
                "to": band.last,
                "result": {"text": written(band.name.titled(language)), "index": place},
            },
        }
        for place, band in enumerate(bands)
    ]


def _look(status: Status, word: str, written: Callable[[str], str]) -> Json:
    return {"text": written(f"{LOOKS[status].shape} {word}"), "color": LOOKS[status].colour}
