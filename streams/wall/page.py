"""The shell of the wall's page: everything that moves in it comes from ``wall.js``."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from ioc.text.bilingual import Language, Text

SCRIPT, STYLE = ((files("streams.wall") / name).read_text("utf-8") for name in ("wall.js", "wall.css"))

_STANDS = Text("MÀN HÌNH ĐỨNG", "THE SCREEN STANDS STILL")
_SINCE = Text("từ", "since")
_SERVER = Text("Máy chủ màn hình không trả lời", "The wall's server does not answer")
_STARTING = Text("Đang đọc số liệu…", "Reading figures…")
_SOUND, _MUTED = Text("Âm báo: bật", "Sound: on"), Text("Âm báo: TẮT", "Sound: OFF")
_TILES, _FRAMES = Text("Ô chỉ tiêu", "Tiles"), Text("Grafana", "Grafana")
_OTHER_LANGUAGE = {"vi": ("English", "en"), "en": ("Tiếng Việt", "vi")}


def wall_page(title: str, language: Language, frames: Sequence[str], seconds: float) -> str:
    """The page; each of the dashboards ``frames`` is shown for so many seconds."""
    words = {
        "server": _SERVER,
        "since": _SINCE,
        "sound": _SOUND,
        "muted": _MUTED,
        "tiles": _TILES,
        "frames": _FRAMES,
    }
    data = " ".join(f'data-{name}="{escape(word.of(language))}"' for name, word in words.items())
    other, code = _OTHER_LANGUAGE[language]
    return (
        f"<!doctype html><html lang={language}><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><link rel=stylesheet href=/wall.css><script src=/wall.js defer></script></head>"
        f'<body data-language={language} data-seconds="{seconds:g}" data-playlist="{escape(" ".join(frames))}" {data}>'
        f"<header><div id=name><b>{escape(title)}</b>"
        f'<nav><button id=sound></button><button id=view></button><a href="/?lang={code}">{other}</a></nav></div>'
        f"<div id=bar></div><time id=clock></time></header>"
        f"<section id=stands hidden><h1>{_STANDS.of(language)}</h1><p id=which></p><p id=when></p></section>"
        f"<main id=tiles><p class=starting>{_STARTING.of(language)}</p></main>"
        "<iframe id=frame hidden></iframe></body></html>"
    )
