"""How a notice reads on each channel; Vietnamese first, English second.

A payload is what is stored until it is delivered: plain data, ready to send.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from ioc.notices.description import Context, Description
from ioc.notices.notice import KIND_WORDS, LANGUAGES, Kind, Notice, block, subject
from ioc.notices.short import SMS, first_fitting, shortened, unaccented
from ioc.text import formats
from ioc.text.bilingual import Text

ZALO = 2000
_BETWEEN = "\n\n— — —\n\n"
_AGAIN = Text("Gửi lại, có thể trùng", "sent again, may be a duplicate")
_AGAIN_SHORT = "(lai) "

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


def marked(channel: Channel, payload: Mapping[str, Any]) -> Payload:
    """The payload marked as one that the contact may have already; limits of length hold still."""
    again = f"({_AGAIN.vi} / {_AGAIN.en})"
    if channel is Channel.WEBHOOK:
        return {**payload, "duplicate": True}
    if channel is Channel.SMS:
        return {**payload, "text": shortened(_AGAIN_SHORT + payload["text"], SMS)}
    if channel is Channel.ZALO:
        return {**payload, "text": shortened(f"{again}\n{payload['text']}", ZALO)}
    return {"subject": f"{again} {payload['subject']}", "text": f"{again}\n\n{payload['text']}"}


def _email(notice: Notice, context: Context) -> Payload:
    text = _BETWEEN.join(block(notice, context, language) for language in LANGUAGES)
    title = subject(notice, context, "vi")
    if any(each.simulated for each in notice.described(context, "vi")):
        title = f"{title} ({formats.SIMULATED.vi})"
    return {"subject": title, "text": f"{text}\n"}


def _zalo(notice: Notice, context: Context) -> Payload:
    """All of it; else without the worst units; else Vietnamese alone, without them; else that, cut."""
    both = (_BETWEEN.join(block(notice, context, each, worst=worst) for each in LANGUAGES) for worst in (True, False))
    fitting = first_fitting(both, ZALO)
    return {"text": fitting or shortened(block(notice, context, "vi", worst=False), ZALO)}


def _sms(notice: Notice, context: Context) -> Payload:
    """Vietnamese without accents; the link to acknowledge is never cut."""
    kind = "IOC " + KIND_WORDS[notice.kind].vi.split(",")[0]
    if notice.kind is Kind.DIGEST:
        return {"text": unaccented(f"{kind}: {len(notice.episodes)} canh bao. {context.links.relay}")}
    first, *others = notice.described(context, "vi")
    if first.simulated:
        kind += " (mô phỏng)"
    head = unaccented(kind)
    more = f" (+{len(others)})" if others else ""
    link = "" if notice.kind is Kind.RESOLVED else f" {first.page}"
    parts = [unaccented(part) for part in _sms_parts(first)]
    texts_ = (f"{head}: {', '.join(parts[:count])}{more}{link}" for count in range(len(parts), 0, -1))
    fitting = first_fitting(texts_, SMS)
    room = SMS - len(head) - 2 - len(more) - len(link)
    return {"text": fitting or f"{head}: {shortened(parts[0], max(room, 20))}{more}{link}"}


def _sms_parts(described: Description) -> list[str]:
    """What is said, the least important last."""
    value = f" {described.value}" if described.value else ""
    place = f" tại {described.place}" if described.place else ""
    parts = [f"{described.title}{value}{place}"]
    if described.limit:
        parts.append(f"ngưỡng {described.limit}")
    parts.append(f"từ {described.since.split(' (')[0]}")
    parts.append(described.subsystem)
    return parts


def _webhook(notice: Notice, context: Context) -> Payload:
    described = {language: notice.described(context, language) for language in LANGUAGES}
    return {
        "kind": notice.kind.value,
        "time": formats.iso_time(notice.now),
        "duplicate": False,
        "subject": {language: subject(notice, context, language) for language in LANGUAGES},
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
