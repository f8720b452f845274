"""The pages by which people sign in and out, see who is signed in, and read the trail."""

import json
from collections.abc import Iterable, Sequence
from html import escape

from ioc.text import formats
from ioc.text.bilingual import Text
from streams.web.html import both, page
from streams.web.people.person import Person
from streams.web.people.sessions import Session
from streams.web.people.trail import Entry

_NAME = Text("Tài khoản", "Account")
_PASSWORD = Text("Mật khẩu", "Password")
_ENTER = Text("Đăng nhập", "Sign in")
_PROVIDER = Text("Đăng nhập bằng tài khoản của tỉnh", "Sign in with the province's account")
_LEAVE = Text("Đăng xuất", "Sign out")
_SESSIONS = Text("Phiên đăng nhập", "Sessions")
_END = Text("Kết thúc", "End")
_TRAIL = Text("Nhật ký thao tác", "Trail")
_OLDER = Text("Cũ hơn →", "Older →")
_COLUMNS = (
    Text("Lúc", "When"),
    Text("Việc", "Act"),
    Text("Ai", "Who"),
    Text("Từ đâu", "From"),
    Text("Về", "Of"),
    Text("Trước", "Before"),
    Text("Sau", "After"),
)


def sign_in_page(base: str, target: str, *, password: bool, provider: bool, complaint: Text | None = None) -> str:
    """The form, the way to the provider, or both; ``target``: the page that was asked for."""
    told = f"<p class=free>{both(complaint)}</p>" if complaint else ""
    aim = f'<input type=hidden name=target value="{escape(target)}">'
    # A GET by the form's own button: Content-Security-Policy holds forms to this server, wherever they are led on to.
    other = f'<p><a class=card href="{base}/sign-in/provider">{both(_PROVIDER)}</a></p>' if provider else ""
    own = (
        f'<form method=post action="{base}/sign-in">'
        f"<label>{both(_NAME)}<input name=account required maxlength=64 autocomplete=username></label>"
        f"<label>{both(_PASSWORD)}<input type=password name=password required maxlength=200 "
        f"autocomplete=current-password></label>{aim}<button>{both(_ENTER)}</button></form>"
    )
    return page("IOC", f"<h1>IOC</h1>{told}{other}{own if password else ''}")


def who_is_here(person: Person, base: str) -> str:
    """The foot of a page: who is signed in, and the way out."""
    return (
        f'<form method=post action="{base}/sign-out"><small>{escape(person.name)} ({person.role}) · '
        f'<a href="{base}/sessions">{_SESSIONS.vi}</a></small><button class=quiet>{both(_LEAVE)}</button></form>'
    )


def sessions_page(sessions: Sequence[Session], base: str, person: Person, *, trail: bool) -> str:
    """Who is signed in, each with a button that ends it; ``trail``: the reader may read that."""
    rows = "".join(
        f"<tr><td>{escape(each.person.name)} ({escape(each.person.account)})</td><td>{each.person.role}</td>"
        f"<td>{escape(each.address)}</td><td>{formats.time_text(each.began)}</td><td>{formats.time_text(each.used)}</td>"
        f'<td><form method=post action="{base}/sessions/{each.id}/end"><button class=quiet>{both(_END)}</button></form>'
        "</td></tr>"
        for each in sessions
    )
    more = f'<p><a href="{base}/trail">{both(_TRAIL)}</a></p>' if trail else ""
    heading = f"<h1>{both(_SESSIONS)}</h1>"
    return page(_SESSIONS.vi, heading, f"<table>{rows}</table>", more, who_is_here(person, base), wide=True)


def trail_page(entries: Sequence[tuple[int, Entry]], base: str) -> str:
    """Lines of the trail, the newest first."""
    head = "".join(f"<th>{both(column)}</th>" for column in _COLUMNS)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells(entry))}</tr>" for _, entry in entries)
    more = f'<p><a href="{base}/trail?before={entries[-1][0]}">{both(_OLDER)}</a></p>' if entries else ""
    return page(_TRAIL.vi, f"<h1>{both(_TRAIL)}</h1><table><tr>{head}</tr>{rows}</table>", more, wide=True)


def cells(entry: Entry) -> Iterable[str]:
    """A line of the trail for a table."""
    return (
        formats.time_text(entry.at),
        entry.act.value,
        f"{entry.by.name} ({entry.by.account})" if entry.by.name else entry.by.account,
        entry.by.address,
        entry.subject,
        *(json.dumps(each, ensure_ascii=False) if each else "" for each in (entry.before, entry.after)),
    )
