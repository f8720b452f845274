"""How a notice reads on each channel; Vietnamese first, English second.

A payload is what is stored until it is delivered: plain data, ready to send.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from ioc.notices.description import Context, Description
from ioc.notices.notice import KIND_WORDS, LANGUAGES, Kind, Notice, block, subject
from ioc.notices.short import SMS, first_fitting, one_line, shortened, size, unaccented
from ioc.text import formats
from ioc.text.bilingual import Text

ZALO = 2000
_BETWEEN = "\n\n— — —\n\n"
_AGAIN = Text("Gửi lại, có thể trùng", "sent again, may be a duplicate")
_AGAIN_LINE = f"({_AGAIN.vi} / {_AGAIN.en})"
_AGAIN_SHORT = "(lai) "
_LEAST = 12
"""Characters of a title that say something."""
_LONGEST_REASON = 40
"""Characters of a gateway's answer that an SMS has room for."""

Payload = dict[str, Any]


class Channel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"
    ZALO = "zalo"
    SMS = "sms"
    FILE = "file"


def compose(channel: Channel, notice: Notice, context: Context) -> Payload:
    """A notice for a channel."""
    return _COMPOSERS[channel](notice, context)


def compose_plainly(channel: Channel, notice: Notice, context: Context) -> Payload:
    """A notice that says no more than which alerts, and where to read of them: where nothing else can be said."""
    kind = KIND_WORDS[notice.kind]
    names = [f"{one_line(each.alert.name)} {context.links.alert(each.alert.key)}" for each in notice.episodes]
    text = "\n".join([f"[{kind.vi} / {kind.en}]", *names])
    if channel is Channel.SMS:
        return {"text": f"IOC {unaccented(kind.vi)}: {context.links.relay}"}
    if channel is Channel.ZALO:
        return {"text": text if size(text) < ZALO - size(_AGAIN_LINE) else f"[{kind.vi}] {context.links.relay}"}
    if channel is Channel.WEBHOOK:
        return {"kind": notice.kind.value, "time": formats.iso_time(notice.now), "duplicate": False, "text": text}
    return {"subject": f"[{kind.vi} / {kind.en}] {len(names)}", "text": f"{text}\n"}


def marked(channel: Channel, payload: Mapping[str, Any]) -> Payload:
    """The payload marked as one that the contact may have already; room for the mark was left."""
    if channel is Channel.WEBHOOK:
        return {**payload, "duplicate": True}
    if channel is Channel.SMS:
        return {**payload, "text": _AGAIN_SHORT + payload["text"]}
    if channel is Channel.ZALO:
        return {**payload, "text": f"{_AGAIN_LINE}\n{payload['text']}"}
    return {"subject": f"{_AGAIN_LINE} {payload['subject']}", "text": f"{_AGAIN_LINE}\n\n{payload['text']}"}


def _email(notice: Notice, context: Context) -> Payload:
    text = _BETWEEN.join(block(notice, context, language) for language in LANGUAGES)
    title = subject(notice, context, "vi")
    if any(each.simulated for each in notice.described(context, "vi")):
        title = f"{title} ({formats.SIMULATED.vi})"
    return {"subject": title, "text": f"{text}\n"}


def _zalo(notice: Notice, context: Context) -> Payload:
    """All of it; else without the worst units; else Vietnamese alone, without them; else that, cut before its link."""
    room = ZALO - size(f"{_AGAIN_LINE}\n")
    both = (_BETWEEN.join(block(notice, context, each, worst=worst) for each in LANGUAGES) for worst in (True, False))
    vietnamese = block(notice, context, "vi", worst=False)
    if (fitting := first_fitting([*both, vietnamese], room)) is not None:
        return {"text": fitting}
    link = f"\n{_link(notice, context)}"
    return {"text": shortened(vietnamese, room - size(link)) + link}


def _sms(notice: Notice, context: Context) -> Payload:
    """Vietnamese without accents; the link to acknowledge is never cut."""
    described = notice.described(context, "vi")
    kind = "IOC " + KIND_WORDS[notice.kind].vi.split(",")[0]
    head = unaccented(f"{kind} (mô phỏng)" if described and described[0].simulated else kind)
    more = f" (+{len(described) - 1})" if len(described) > 1 else ""
    link = "" if notice.kind is Kind.RESOLVED else f" {_link(notice, context)}"
    parts = [unaccented(part) for part in _sms_parts(notice, described)]
    room = SMS - len(_AGAIN_SHORT) - len(link)
    texts = [f"{head}: {', '.join(parts[:count])}{more}" for count in range(len(parts), 0, -1)]
    fitting = first_fitting(texts, room)
    left = room - len(f"{head}: {more}")
    if fitting is None and left >= _LEAST:
        fitting = f"{head}: {shortened(parts[0], left)}{more}"
    return {"text": (fitting or head) + link}


def _sms_parts(notice: Notice, described: Sequence[Description]) -> list[str]:
    """What is said, the least important last."""
    if notice.kind is Kind.DIGEST:
        return [f"{len(described)} cảnh báo"]
    parts = []
    if notice.undelivered is not None:
        failed = notice.undelivered
        parts.append(f"{failed.contact} ({failed.channel}): {shortened(failed.reason, _LONGEST_REASON)}")
    for first in described[:1]:
        value = f" {first.value}" if first.value else ""
        place = f" tại {first.place}" if first.place else ""
        parts.append(f"{first.title}{value}{place}")
        if first.limit:
            parts.append(f"ngưỡng {first.limit}")
        parts += [f"từ {first.since.split(' (')[0]}", first.subsystem]
    return parts


def _link(notice: Notice, context: Context) -> str:
    """Where to acknowledge the first alert, or all of several in a digest."""
    if notice.kind is Kind.DIGEST or not notice.episodes:
        return context.links.relay
    return context.links.alert(notice.episodes[0].alert.key)


def _webhook(notice: Notice, context: Context) -> Payload:
    described = {language: notice.described(context, language) for language in LANGUAGES}
    return {
        "kind": notice.kind.value,
        "time": formats.iso_time(notice.now),
        "duplicate": False,
        "subject": {language: subject(notice, context, language) for language in LANGUAGES},
        **({"undelivered": asdict(notice.undelivered)} if notice.undelivered else {}),
        "alerts": [
            {
                "key": episode.alert.key,
                "alert": episode.alert.name,
                "subsystem": episode.alert.subsystem,
                "kpi": episode.alert.kpi,
                "severity": episode.alert.severity,
                "class": "page" if episode.alert.pages else "digest",
                "resolved": not episode.open,
                **{language: asdict(described[language][number]) for language in LANGUAGES},
            }
            for number, episode in enumerate(notice.episodes)
        ],
    }


_COMPOSERS: Mapping[Channel, Callable[[Notice, Context], Payload]] = {
    Channel.EMAIL: _email,
    Channel.WEBHOOK: _webhook,
    Channel.ZALO: _zalo,
    Channel.SMS: _sms,
    Channel.FILE: _email,
}
