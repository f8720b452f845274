"""The look of pages for people: plain HTML in dark colours, no script, for a phone's screen as for a desk's."""

from collections.abc import Mapping
from html import escape

from aiohttp import web

from ioc.text.bilingual import Text

Form = Mapping[str, str | bytearray | bytes | web.FileField]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    # Not `no-referrer`: with it a browser says `Origin: null` of our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}

_STYLE = """
:root { color-scheme: dark; --line: #333a45; --dim: #9aa4b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 720px; padding: 12px 16px 48px; background: #11151c; color: #eef1f5;
  font: 17px/1.45 system-ui, "Noto Sans", sans-serif; }
body.wide { max-width: 1280px; } body.wide table { font-size: 16px; font-variant-numeric: tabular-nums; }
a { color: #8ab8ff; }
h1 { font-size: 21px; margin: 6px 0 2px; } h2 { font-size: 18px; margin: 26px 0 8px; }
.en, small { color: var(--dim); font-size: 14px; }
.card { display: block; padding: 12px 14px; margin: 10px 0; border: 1px solid var(--line); border-left: 8px solid;
  border-radius: 8px; background: #1a2029; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
.critical { border-left-color: #ff5d5d; } .warning { border-left-color: #ffc83d; } .over { border-left-color: #5ad08a; }
.status { font-weight: 700; } .critical .status { color: #ff8080; } .warning .status { color: #ffc83d; }
.over .status { color: #5ad08a; }
.value { font-size: 24px; font-weight: 700; }
.note { white-space: pre-wrap; overflow-wrap: anywhere; } .taken { color: #5ad08a; } .free { color: #ffb0b0; }
.simulated { background: #6a2c91; padding: 4px 10px; border-radius: 6px; display: inline-block; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin: 8px 0; } dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
form { border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; margin: 14px 0; }
label { display: block; margin: 8px 0 2px; }
input, textarea { width: 100%; padding: 11px; font: inherit; border-radius: 6px;
  border: 1px solid #56606f; background: #0c1016; color: inherit; }
button small { color: #dbe6ff; }
button { width: 100%; margin-top: 14px; padding: 14px; font: inherit; font-weight: 700; border: 0; border-radius: 8px;
  background: #2f6fed; color: #fff; } button.quiet { background: #4a5260; }
ul.steps { list-style: none; padding: 0; } form.step { border: 0; padding: 0; margin: 6px 0; }
form.step button { margin: 0; padding: 10px 14px; text-align: left; font-weight: 400; background: #1a2029;
  border: 1px solid var(--line); }
table { border-collapse: collapse; display: block; overflow-x: auto; } td, th { border: 1px solid var(--line);
  padding: 4px 8px; text-align: left; vertical-align: top; }
"""


def page(title: str, *parts: str, refresh: int | None = None, wide: bool = False) -> str:
    """A whole page of ready HTML parts; loaded anew every ``refresh`` seconds; ``wide`` for tables."""
    again = f'<meta http-equiv=refresh content="{refresh}">' if refresh else ""
    return (
        "<!doctype html><html lang=vi><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"{again}<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body{' class=wide' if wide else ''}>{''.join(parts)}</body></html>"
    )


def both(words: Text) -> str:
    """Text in Vietnamese, and small in English."""
    return f"{words.vi} <small>{words.en}</small>"


def for_people(request: web.Request) -> bool:
    """Whether a browser asks, which shows a page."""
    return "text/html" in request.headers.get("Accept", "")


async def form_of(request: web.Request) -> Form:
    """What a form sends. Raises HTTPBadRequest where it is none."""
    try:
        return await request.post()
    except (ValueError, LookupError, AssertionError, web.RequestPayloadError) as error:
        raise web.HTTPBadRequest(text=f"this is no form: {error}") from None


def answer(text: str, status: int = 200) -> web.Response:
    """A page as an answer that no other site can frame, script or keep."""
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
