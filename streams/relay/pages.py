"""The relay's pages: open alerts, one alert with its two forms. Plain HTML, for a phone's screen."""

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from markdown_it import MarkdownIt

from ioc.notices.description import Context, describe
from ioc.notices.episode import Episode, Silence
from ioc.notices.notice import taken
from ioc.notices.shift_report import NOT_COUNTED
from ioc.text import formats
from ioc.text.bilingual import Text
from streams.relay.alertmanager import Counted
from streams.relay.steps_page import steps_part
from streams.web.html import both, page
from streams.web.people.pages import who_is_here
from streams.web.people.person import Person
from streams.web.people.roles import Role

OPEN = Text("Cảnh báo đang mở", "Open alerts")
NONE_OPEN = Text("Không có cảnh báo nào đang mở.", "No alert is open.")
_SILENCED = Text("Tắt báo từ trước, chưa gọi ai", "Silenced before anybody was called")
_FREE = Text("Chưa ai nhận", "Nobody took it")
_TAKE = Text("Nhận xử lý", "Acknowledge")
_NOTE = Text("Ghi chú", "Note")
_SILENCE = Text("Tắt báo", "Silence")
_REASON = Text("Lý do", "Reason")
_END = Text("Đến lúc", "Until")
_BELL = Text("Báo lại", "End")
_SILENCES = Text("Đang tắt báo", "Silences")
_REPORT = Text("Báo cáo ca trực 12 giờ qua", "Shift report, last 12 hours")
HANDOVER = Text("Bàn giao ca", "Handover")
_RUNBOOK = Text("Hướng dẫn xử lý", "Runbook")
_DASHBOARD = Text("Màn hình", "Dashboard")
_ROWS = (
    ("limit", Text("Ngưỡng", "Limit")),
    ("place", Text("Đơn vị", "Where")),
    ("since", Text("Từ", "Since")),
    ("change", Text("Một giờ qua", "Last hour")),
)


def alerts_page(
    counted: Counted,
    silences: Sequence[Silence] | None,
    *,
    context: Context,
    now: float,
    person: Person,
    duty: str = "",
) -> str:
    """All open alerts, their number that of the wall; ``silences`` is None where Alertmanager does not answer.

    ``duty`` tells who is on duty, ready as HTML.
    """

    def cards_of(episodes: Sequence[Episode]) -> list[str]:
        ordered = sorted(episodes, key=lambda episode: (episode.acknowledgement is not None, not episode.alert.pages))
        return [card(episode, context, now) for episode in ordered]

    number = len(counted.all)
    cards = cards_of(counted.told) if number else [f"<p>{both(NONE_OPEN)}</p>"]
    cards += silenced_cards(counted, context, now)
    if counted.others:
        cards += [f"<h2>{both(NOT_COUNTED)}</h2>", *cards_of(counted.others)]
    report = f'<p><a href="/handover">{both(HANDOVER)}</a> · <a href="/report">{both(_REPORT)}</a></p>'
    return page(
        f"{OPEN.vi}: {number}",
        f"<h1>{OPEN.vi}: {number}</h1><p class=en>{OPEN.en} · {formats.time_text(now)}</p>",
        duty,
        *cards,
        _silences(silences, person),
        report,
        who_is_here(person, ""),
        refresh=30,
    )


def silenced_cards(counted: Counted, context: Context, now: float) -> list[str]:
    """What counts and was told to nobody, below a heading; it has no page of its own."""
    cards = [card(each, context, now, link=False) for each in counted.silenced]
    return [f"<h2>{both(_SILENCED)}</h2>", *cards] if cards else []


def alert_page(
    episode: Episode, receipts: Iterable[dict[str, object]], context: Context, now: float, person: Person
) -> str:
    """One alert, and the forms that its reader may use: to take it and to silence it."""
    vietnamese = describe(episode, context, now, "vi")
    rows = [(label, getattr(vietnamese, name)) for name, label in _ROWS]
    facts = "".join(f"<dt>{label.vi}</dt><dd>{escape(text)}</dd>" for label, text in rows if text)
    details = "".join(f"<p>{escape(line)}</p>" for line in vietnamese.details)
    links = [(vietnamese.runbook, _RUNBOOK), (vietnamese.dashboard, _DASHBOARD)]
    linked = " · ".join(f'<a href="{escape(url)}">{words.vi}</a>' for url, words in links if url)
    forms = _forms(episode, now, person.role) if episode.open else ""
    told = "".join(
        f"<li>{escape(str(each['contact']))}, {each['channel']}, {each['kind']}: {each['state']}"
        f"{escape(' (' + str(each['error']) + ')') if each['error'] else ''}</li>"
        for each in receipts
    )
    return page(
        vietnamese.title,
        '<p><a href="/">← ' + OPEN.vi + "</a></p>",
        card(episode, context, now, link=False),
        f"<dl>{facts}</dl>{details}<p>{linked}</p>",
        steps_part(episode, context, person.role),
        forms,
        f"<ul class=en>{told}</ul>",
        who_is_here(person, ""),
    )


def message_page(text: str) -> str:
    """A page with one message and the way back."""
    return page("IOC", f'<p>{escape(text)}</p><p><a href="/">← {OPEN.vi}</a></p>')


def markdown_page(title: str, markdown: str) -> str:
    """A text in Markdown; HTML in it is shown, not obeyed."""
    return page(title, rendered(markdown))


def rendered(markdown: str) -> str:
    """A text in Markdown as a part of a page."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)


def card(episode: Episode, context: Context, now: float, *, link: bool = True) -> str:
    """An alert in short: what, how much, where, since when, and who has it."""
    vietnamese = describe(episode, context, now, "vi")
    english = describe(episode, context, now, "en")
    look = "over" if not episode.open else episode.alert.severity
    simulated = f"<span class=simulated>{vietnamese.simulated}</span>" if vietnamese.simulated else ""
    value = f"<div class=value>{escape(vietnamese.value)}</div>" if vietnamese.value else ""
    held = taken(episode.acknowledgement, "vi").removeprefix("; ")
    note = episode.acknowledgement.note if episode.acknowledgement else ""
    who = f"<div class=taken>{escape(held)}{': ' if note else ''}{escape(note)}</div>"
    if not held:
        who = f"<div class=free>{_FREE.vi}</div>" if episode.open else ""
    tag, end = (f'<a class="card {escape(look)}" href="/alerts/{escape(episode.alert.key)}">', "</a>")
    if not link:
        tag, end = f'<div class="card {escape(look)}">', "</div>"
    where = " · ".join(escape(text) for text in (vietnamese.limit, vietnamese.place) if text)
    return (
        f"{tag}<span class=status>{vietnamese.status}</span> · {escape(vietnamese.subsystem)}<div>{simulated}</div>"
        f"<div>{escape(vietnamese.title)}</div>{value}<div>{where}</div>"
        f"<small>{escape(vietnamese.since)}</small>{who}"
        f"<div class=en>{escape(english.title)} ({escape(english.subsystem)})</div>{end}"
    )


def _forms(episode: Episode, now: float, role: Role) -> str:
    key = escape(episode.alert.key)
    end = f"{formats.local_time(now + 2 * 3600):%Y-%m-%dT%H:%M}"
    take = (
        f'<form method=post action="/alerts/{key}/acknowledge">'
        f"<label>{both(_NOTE)}<input name=note maxlength=500></label><button>{both(_TAKE)}</button></form>"
    )
    silence = (
        f'<form method=post action="/alerts/{key}/silence">'
        f"<label>{both(_REASON)}<input name=reason required maxlength=500></label>"
        f'<label>{both(_END)}<input type=datetime-local name=until required value="{end}"></label>'
        f"<button class=quiet>{both(_SILENCE)}</button></form>"
    )
    return (take if role >= Role.RESPONDER else "") + (silence if role >= Role.OPERATOR else "")


def _silences(silences: Sequence[Silence] | None, person: Person) -> str:
    heading = f"<h2>{_SILENCES.vi} <small>{_SILENCES.en}</small></h2>"
    if silences is None:
        return f"{heading}<p class=free>Alertmanager không trả lời. <small>Alertmanager does not answer.</small></p>"
    rows = "".join(
        f"<li>{escape(each.matchers)}: {_END.vi.lower()} {formats.time_text(each.ends_at)}, {escape(each.created_by)}: "
        f"{escape(each.comment)}{_ending(each) if person.role >= Role.OPERATOR else ''}</li>"
        for each in silences
    )
    return f"{heading}<ul>{rows}</ul>" if rows else ""


def _ending(silence: Silence) -> str:
    action = f"/silences/{quote(silence.id, safe='')}/end"
    return f'<form method=post action="{action}"><button class=quiet>{both(_BELL)}</button></form>'
