"""A notice to one contact: some alerts, and why they are told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ioc.notices.description import Context, Description, describe
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.short import one_line, shortened
from ioc.text import formats
from ioc.text.bilingual import Language, Text


class Kind(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    """The same contact once more: nobody took it."""
    ESCALATED = "escalated"
    """The next contact of the chain: nobody took it."""
    DIGEST = "digest"
    UNDELIVERED = "undelivered"
    """A message does not reach whom it is for: told to who may do something about it."""


_LONGEST_SUBJECT = 200
LANGUAGES: tuple[Language, ...] = ("vi", "en")
KIND_WORDS = {
    Kind.FIRING: Text("CẢNH BÁO", "ALERT"),
    Kind.RESOLVED: Text("ĐÃ HẾT", "RESOLVED"),
    Kind.REMINDER: Text("NHẮC LẠI, CHƯA AI NHẬN", "AGAIN, NOBODY TOOK IT"),
    Kind.ESCALATED: Text("CHUYỂN CẤP, CHƯA AI NHẬN", "ESCALATED, NOBODY TOOK IT"),
    Kind.DIGEST: Text("TỔNG HỢP", "DIGEST"),
    Kind.UNDELIVERED: Text("KHÔNG GỬI ĐƯỢC", "NOT DELIVERED"),
}
_TAKEN = Text("Đã nhận", "Taken by")
_ENDED = Text("đã hết", "over")
_LABELS = (
    ("place", Text("Đơn vị", "Where")),
    ("value", Text("Giá trị", "Value")),
    ("limit", Text("Ngưỡng", "Limit")),
    ("since", Text("Từ", "Since")),
    ("change", Text("Một giờ qua", "Last hour")),
)
_NOT_REACHED = Text("Tin chưa đến", "Not reached")
_TRIED = Text("vẫn đang thử lại", "still tried")
_GIVEN_UP = Text("không thử lại nữa", "not tried any more")
_FIRST_STEP = Text("Việc đầu tiên", "First step")
_LINKS = (
    ("page", Text("Xác nhận", "Acknowledge")),
    ("runbook", Text("Hướng dẫn xử lý", "Runbook")),
    ("dashboard", Text("Màn hình", "Dashboard")),
)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that does not reach a contact, or several of them for the same reason."""

    contact: str
    channel: str
    reason: str
    since: float
    """Seconds since the epoch."""
    given_up: bool

    def of(self, language: Language) -> str:
        """``Lan (sms), 24/07/2025 04:00: HTTP 200, CodeResult 103; không thử lại nữa``."""
        outlook = (_GIVEN_UP if self.given_up else _TRIED).of(language)
        return f"{self.contact} ({self.channel}), {formats.time_text(self.since)}: {self.reason}; {outlook}"


@dataclass(frozen=True)
class Notice:
    """Some alerts for one contact, at a moment in seconds since the epoch."""

    kind: Kind
    episodes: Sequence[Episode]
    now: float
    undelivered: Undelivered | None = None
    """What a notice of that kind is about: its alerts are those of the message that does not arrive."""

    def described(self, context: Context, language: Language) -> list[Description]:
        return [describe(episode, context, self.now, language) for episode in self.episodes]


def subject(notice: Notice, context: Context, language: Language) -> str:
    """One line: why it is told, the subsystem and the first alert's title, and how many more there are."""
    kind = KIND_WORDS[notice.kind].of(language)
    if notice.kind is Kind.DIGEST:
        return f"[{kind}] {formats.time_text(notice.now)}: {len(notice.episodes)}"
    if notice.undelivered is not None:
        failed = notice.undelivered
        return shortened(one_line(f"[{kind}] {failed.contact}, {failed.channel}"), _LONGEST_SUBJECT)
    first, *others = notice.described(context, language)
    more = f" (+{len(others)})" if others else ""
    return shortened(one_line(f"[{kind}] {first.subsystem}: {first.title}"), _LONGEST_SUBJECT) + more


def block(notice: Notice, context: Context, language: Language, *, worst: bool = True) -> str:
    """The notice in one language; without ``worst`` the details of its alerts are left out."""
    heading = subject(notice, context, language)
    described = notice.described(context, language)
    if any(each.simulated for each in described):
        heading += f"\n*** {formats.SIMULATED.of(language).upper()} ***"
    if notice.kind is Kind.DIGEST:
        return "\n".join([heading, *_digest_lines(notice.episodes, described, language)])
    if notice.undelivered is not None:
        heading += f"\n{_NOT_REACHED.of(language)}: {one_line(notice.undelivered.of(language))}"
    parts = [
        "\n".join(_lines(each, language, worst=worst, link=notice.kind is not Kind.RESOLVED)) for each in described
    ]
    return "\n\n".join([heading, *parts])


def _lines(described: Description, language: Language, *, worst: bool, link: bool) -> Iterable[str]:
    yield one_line(f"{described.status}: {described.title} ({described.subsystem})")
    for name, label in _LABELS:
        if (text := getattr(described, name)) is not None:
            yield one_line(f"{label.of(language)}: {text}")
    if worst:
        yield from map(one_line, described.details)
    if described.first_step:
        yield f"{_FIRST_STEP.of(language)}: {described.first_step}"
    for name, label in _LINKS:
        text = getattr(described, name)
        if text is not None and (link or name == "dashboard"):
            yield f"{label.of(language)}: {text}"


def _digest_lines(episodes: Sequence[Episode], described: Sequence[Description], language: Language) -> Iterable[str]:
    """One line per alert, under its subsystem."""
    heading = None
    for episode, each in zip(episodes, described, strict=True):
        if each.subsystem != heading:
            heading = each.subsystem
            yield f"\n{one_line(heading)}"
        figure = f" {each.value}, {each.limit}" if each.value else ""
        ended = f"; {_ENDED.of(language)}" if not episode.open else ""
        held = taken(episode.acknowledgement, language)
        yield one_line(f"- {each.status}: {each.title}{figure}; {each.since}{ended}{held}")


def taken(acknowledgement: Acknowledgement | None, language: Language) -> str:
    """Who took it and when, as the end of a line; empty where nobody did."""
    if acknowledgement is None:
        return ""
    return f"; {_TAKEN.of(language)} {acknowledgement.who}, {formats.time_text(acknowledgement.at)}"
