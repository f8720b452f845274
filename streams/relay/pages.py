"""The relay's pages: open alerts, one alert with its two forms, signing in. Plain HTML, for a phone's screen."""

from collections.abc import Iterable, Sequence
from html import escape

from markdown_it import MarkdownIt

from ioc import texts
from ioc.notices.description import Context, describe
from ioc.notices.episode import Episode, Silence
from ioc.notices.notice import taken
from ioc.texts import Words

_STYLE = """
:root { color-scheme: dark; --line: #333a45; --dim: #9aa4b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 720px; padding: 12px 16px 48px; background: #11151c; color: #eef1f5;
  font: 17px/1.45 system-ui, "Noto Sans", sans-serif; }
a { color: #8ab8ff; }
h1 { font-size: 21px; margin: 6px 0 2px; } h2 { font-size: 18px; margin: 26px 0 8px; }
.en, small { color: var(--dim); font-size: 14px; }
.card { display: block; padding: 12px 14px; margin: 10px 0; border: 1px solid var(--line); border-left: 8px solid;
  border-radius: 8px; background: #1a2029; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
.critical { border-left-color: #ff5d5d; } .warning { border-left-color: #ffc83d; } .over { border-left-color: #5ad08a; }
.status { font-weight: 700; } .critical .status { color: #ff8080; } .warning .status { color: #ffc83d; }
.over .status { color: #5ad08a; }
.value { font-size: 24px; font-weight: 700; }
.taken { color: #5ad08a; } .free { color: #ffb0b0; }
.simulated { background: #6a2c91; padding: 4px 10px; border-radius: 6px; display: inline-block; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin: 8px 0; } dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
form { border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; margin: 14px 0; }
label { display: block; margin: 8px 0 2px; } input { width: 100%; padding: 11px; font: inherit; border-radius: 6px;
  border: 1px solid #56606f; background: #0c1016; color: inherit; }
button small { color: #dbe6ff; }
button { width: 100%; margin-top: 14px; padding: 14px; font: inherit; font-weight: 700; border: 0; border-radius: 8px;
  background: #2f6fed; color: #fff; } button.quiet { background: #4a5260; }
table { border-collapse: collapse; display: block; overflow-x: auto; } td, th { border: 1px solid var(--line);
  padding: 4px 8px; text-align: left; vertical-align: top; }
"""
_OPEN = Words("Cảnh báo đang mở", "Open alerts")
_NONE_OPEN = Words("Không có cảnh báo nào đang mở.", "No alert is open.")
_FREE = Words("Chưa ai nhận", "Nobody took it")
_TAKE = Words("Nhận xử lý", "Acknowledge")
_NAME = Words("Họ và tên", "Name")
_NOTE = Words("Ghi chú", "Note")
_SILENCE = Words("Tắt báo", "Silence")
_REASON = Words("Lý do", "Reason")
_END = Words("Đến lúc", "Until")
_SILENCES = Words("Đang tắt báo", "Silences")
_REPORT = Words("Báo cáo ca trực 12 giờ qua", "Shift report, last 12 hours")
_SIGN_IN = Words("Mã truy cập", "Token")
_WRONG_TOKEN = Words("Mã không đúng.", "Wrong token.")
_ENTER = Words("Vào", "Sign in")
_RUNBOOK = Words("Hướng dẫn xử lý", "Runbook")
_DASHBOARD = Words("Màn hình", "Dashboard")
_FIRST_STEP = Words("Việc đầu tiên", "First step")
_ROWS = (
    ("limit", Words("Ngưỡng", "Limit")),
    ("place", Words("Đơn vị", "Where")),
    ("since", Words("Từ", "Since")),
    ("change", Words("Một giờ qua", "Last hour")),
)


def alerts_page(episodes: Sequence[Episode], silences: Sequence[Silence] | None, context: Context, now: float) -> str:
    """All open alerts; ``silences`` is None where Alertmanager does not answer."""
    ordered = sorted(episodes, key=lambda episode: (episode.acknowledgement is not None, not episode.alert.pages))
    cards = [_card(episode, context, now) for episode in ordered] or [f"<p>{_both(_NONE_OPEN)}</p>"]
    report = f'<p><a href="/report">{_both(_REPORT)}</a></p>'
    return _page(
        f"{_OPEN.vi}: {len(episodes)}",
        f"<h1>{_OPEN.vi}: {len(episodes)}</h1><p class=en>{_OPEN.en} · {texts.time_text(now)}</p>",
        *cards,
        _silences(silences),
        report,
        refresh=30,
    )


def alert_page(episode: Episode, receipts: Iterable[dict[str, object]], context: Context, now: float) -> str:
    """One alert, and the forms to take it and to silence it."""
    vietnamese, english = (describe(episode.alert, context, now, language) for language in ("vi", "en"))
    rows = [(label, getattr(vietnamese, name)) for name, label in _ROWS]
    facts = "".join(f"<dt>{label.vi}</dt><dd>{escape(text)}</dd>" for label, text in rows if text)
    if vietnamese.first_step and english.first_step:
        facts += f"<dt>{_FIRST_STEP.vi}</dt><dd>{escape(vietnamese.first_step)} "
        facts += f"<small>{escape(english.first_step)}</small></dd>"
    details = "".join(f"<p>{escape(line)}</p>" for line in vietnamese.details)
    links = [(vietnamese.runbook, _RUNBOOK), (vietnamese.dashboard, _DASHBOARD)]
    linked = " · ".join(f'<a href="{escape(url)}">{words.vi}</a>' for url, words in links if url)
    forms = _forms(episode, now) if episode.open else ""
    told = "".join(
        f"<li>{escape(str(each['contact']))}, {each['channel']}, {each['kind']}: {each['state']}</li>"
        for each in receipts
    )
    return _page(
        vietnamese.title,
        '<p><a href="/">← ' + _OPEN.vi + "</a></p>",
        _card(episode, context, now, link=False),
        f"<dl>{facts}</dl>{details}<p>{linked}</p>",
        forms,
        f"<ul class=en>{told}</ul>",
    )


def sign_in_page(target: str, *, wrong: bool) -> str:
    """The form that asks for the token, and then leads to ``target``."""
    complaint = f"<p class=free>{_both(_WRONG_TOKEN)}</p>" if wrong else ""
    return _page(
        "IOC",
        f'<h1>IOC</h1>{complaint}<form method=post action="/sign-in"><label>{_both(_SIGN_IN)}'
        f"<input type=password name=token required autocomplete=current-password></label>"
        f'<input type=hidden name=target value="{escape(target)}"><button>{_both(_ENTER)}</button></form>',
    )


def message_page(text: str) -> str:
    """A page with one message and the way back."""
    return _page("IOC", f'<p>{escape(text)}</p><p><a href="/">← {_OPEN.vi}</a></p>')


def markdown_page(title: str, markdown: str) -> str:
    """A text in Markdown; HTML in it is shown, not obeyed."""
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return _page(title, rendered)


def _card(episode: Episode, context: Context, now: float, *, link: bool = True) -> str:
    vietnamese = describe(episode.alert, context, now, "vi")
    english = describe(episode.alert, context, now, "en")
    look = "over" if not episode.open else episode.alert.severity
    simulated = f"<div class=simulated>{vietnamese.simulated}</div>" if vietnamese.simulated else ""
    value = f"<div class=value>{escape(vietnamese.value)}</div>" if vietnamese.value else ""
    held = taken(episode.acknowledgement, "vi").removeprefix("; ")
    note = episode.acknowledgement.note if episode.acknowledgement else ""
    who = f"<div class=taken>{escape(held)}{': ' if note else ''}{escape(note)}</div>"
    if not held:
        who = f"<div class=free>{_FREE.vi}</div>" if episode.open else ""
    tag, end = (f'<a class="card {escape(look)}" href="/alerts/{escape(episode.alert.key)}">', "</a>")
    if not link:
        tag, end = f'<div class="card {escape(look)}">', "</div>"
    return (
        f"{tag}<span class=status>{vietnamese.status}</span> · {escape(vietnamese.subsystem)}{simulated}"
        f"<div>{escape(vietnamese.title)}</div>{value}<small>{escape(vietnamese.since)}</small>{who}"
        f"<div class=en>{escape(english.title)} ({escape(english.subsystem)})</div>{end}"
    )


def _forms(episode: Episode, now: float) -> str:
    key = escape(episode.alert.key)
    end = f"{texts.local_time(now + 2 * 3600):%Y-%m-%dT%H:%M}"
    name = f"<label>{_both(_NAME)}<input name=who required maxlength=80 autocomplete=name></label>"
    return (
        f'<form method=post action="/alerts/{key}/acknowledge">{name}'
        f"<label>{_both(_NOTE)}<input name=note maxlength=500></label><button>{_both(_TAKE)}</button></form>"
        f'<form method=post action="/alerts/{key}/silence">{name}'
        f"<label>{_both(_REASON)}<input name=reason required maxlength=500></label>"
        f'<label>{_both(_END)}<input type=datetime-local name=until required value="{end}"></label>'
        f"<button class=quiet>{_both(_SILENCE)}</button></form>"
    )


def _silences(silences: Sequence[Silence] | None) -> str:
    heading = f"<h2>{_SILENCES.vi} <small>{_SILENCES.en}</small></h2>"
    if silences is None:
        return f"{heading}<p class=free>Alertmanager không trả lời. <small>Alertmanager does not answer.</small></p>"
    rows = "".join(
        f"<li>{escape(each.matchers)}: {_END.vi.lower()} {texts.time_text(each.ends_at)}, {escape(each.created_by)}: "
        f"{escape(each.comment)}</li>"
        for each in silences
    )
    return f"{heading}<ul>{rows}</ul>" if rows else ""


def _both(words: Words) -> str:
    return f"{words.vi} <small>{words.en}</small>"


def _page(title: str, *parts: str, refresh: int | None = None) -> str:
    again = f'<meta http-equiv=refresh content="{refresh}">' if refresh else ""
    return (
        "<!doctype html><html lang=vi><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"{again}<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )
