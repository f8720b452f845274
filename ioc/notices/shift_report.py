"""The shift report: what fired, how long, who took it, what is open, which silences end, who took over. In Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ioc.kpis.limits import STATUS_OF_SEVERITY
from ioc.kpis.platform_metrics import LABELS_OF_ONE_FAULT
from ioc.kpis.status import Status
from ioc.notices.description import Context, began, describe
from ioc.notices.episode import Episode, Silence
from ioc.notices.handover import Note, TakeOver
from ioc.notices.steps import progress
from ioc.text import formats
from ioc.text.bilingual import Text
from ioc.text.markdown import markdown

_TITLE = Text("Báo cáo ca trực", "Shift report")
_OPEN = Text("Đang mở", "Open")
NOT_COUNTED = Text("Đã nằm trong cảnh báo khác", "Part of another alert")
_OVER = Text("Đã hết", "Over")
_SILENCES = Text("Đang tắt báo", "Silences")
_HANDOVER = Text("Bàn giao ca", "Handover")
_NONE = Text("Không có", "None")
_UNKNOWN = Text("Alertmanager không trả lời", "Alertmanager does not answer")
_NOBODY = Text("chưa ai nhận", "nobody")
_COLUMNS = (
    Text("Mức", "Status"),
    Text("Phân hệ", "Subsystem"),
    Text("Cảnh báo", "Alert"),
    Text("Giá trị, ngưỡng", "Value, limit"),
    Text("Từ", "Since"),
    Text("Kéo dài", "Lasted"),
    Text("Người nhận", "Taken by"),
    Text("Ghi chú", "Note"),
    Text("Các bước", "Steps"),
)
_STEPS_DONE = Text("Các bước đã làm", "Steps done")
_STEP_COLUMNS = (Text("Lúc", "At"), Text("Ai", "Who"), Text("Cảnh báo", "Alert"), Text("Bước", "Step"))
_SILENCE_COLUMNS = (
    Text("Cảnh báo", "Alert"),
    Text("Hết hạn", "Ends"),
    Text("Người tắt", "By"),
    Text("Lý do", "Reason"),
)
_HANDOVER_COLUMNS = (Text("Lúc", "At"), Text("Ai", "Who"), Text("Việc", "What"), Text("Ghi chú bàn giao", "Note"))
_WROTE = Text("viết ghi chú", "wrote the note")
_TOOK = Text("nhận ca", "took over")
_TOOK_FROM = Text("nhận ca từ {0}", "took over the shift from {0} on")


@dataclass(frozen=True)
class Shift:
    """A span of time, in seconds since the epoch, and what was known of alerts in it."""

    start: float
    end: float
    episodes: Sequence[Episode]
    silences: Sequence[Silence] | None
    """None where Alertmanager does not answer."""
    notes: Sequence[Note] = ()
    """Those written in it, and those that who took over in it had seen."""
    taken_over: Sequence[TakeOver] = ()
    others: frozenset[str] = frozenset()
    """Keys of the alerts, of those still open, that do not count: another one makes them superfluous."""


def shift_report(shift: Shift, context: Context) -> str:
    """The report in Markdown, both languages."""
    told = [
        episode for episode in shift.episodes if episode.alert.starts_at < shift.end and _ended(episode) > shift.start
    ]
    still = [episode for episode in told if _ended(episode) > shift.end]
    others = [episode for episode in still if _is_another(episode, still, shift)]
    opened = [episode for episode in still if episode not in others]
    over = [episode for episode in told if _ended(episode) <= shift.end]
    heading = f"# {_both(_TITLE)}\n\n{context.book.province.vi}, {_span(shift)}"
    simulated = any(describe(episode, context, shift.end, "vi").simulated for episode in told)
    parts = [
        heading,
        *([f"**{_both(formats.SIMULATED)}**"] if simulated else []),
        f"## {_both(_OPEN)}: {len(opened)}",
        _table(_COLUMNS, (_row(episode, shift, context) for episode in opened)),
        *([f"## {_both(NOT_COUNTED)}: {len(others)}"] if others else []),
        *([_table(_COLUMNS, (_row(episode, shift, context) for episode in others))] if others else []),
        f"## {_both(_OVER)}: {len(over)}",
        _table(_COLUMNS, (_row(episode, shift, context) for episode in over)),
        f"## {_both(_STEPS_DONE)}",
        _table(_STEP_COLUMNS, _steps(told, shift, context)),
        *_silences(shift.silences),
        f"## {_both(_HANDOVER)}",
        _table(_HANDOVER_COLUMNS, _handover(shift)),
    ]
    return "\n\n".join(parts) + "\n"


def _is_another(episode: Episode, still: Sequence[Episode], shift: Shift) -> bool:
    """Whether an alert open at the end is a part of another one, by Alertmanager or, of a past shift, by its names."""
    if episode.alert.key in shift.others:
        return True
    its = _fault(episode)
    return episode.alert.severity == "warning" and any(
        _fault(each) == its and each.alert.severity == "critical" for each in still
    )


def _fault(episode: Episode) -> list[str]:
    """What a warning and its critical are both of."""
    return [episode.alert.labels.get(name, "") for name in LABELS_OF_ONE_FAULT]


def _row(episode: Episode, shift: Shift, context: Context) -> list[str]:
    described = describe(episode, context, shift.end, "vi")
    since = began(episode.alert, context.book.kpi(episode.alert.subsystem, episode.alert.kpi))
    taken = episode.acknowledgement
    return [
        STATUS_OF_SEVERITY.get(episode.alert.severity, Status.GREY).text.vi,
        described.subsystem,
        described.title,
        ", ".join(part for part in (described.value, described.limit) if part),
        formats.time_text(since),
        formats.duration(min(_ended(episode), shift.end) - since),
        f"{taken.who}, {formats.time_text(taken.at)}" if taken else _NOBODY.vi,
        taken.note if taken else "",
        progress(context.duty_steps.get(episode.alert.name, ()), episode.steps, shift.end).of("vi"),
    ]


def _steps(told: Sequence[Episode], shift: Shift, context: Context) -> list[list[str]]:
    """Every step that was ticked off by the end, as it happened; also of a runbook that has changed since."""
    done = [(each, episode) for episode in told for each in episode.steps if each.at <= shift.end]
    return [
        [
            formats.time_text(each.at),
            each.who,
            describe(episode, context, shift.end, "vi").title,
            each.step.vi,
        ]
        for each, episode in sorted(done, key=lambda pair: pair[0].at)
    ]


def _silences(silences: Sequence[Silence] | None) -> Sequence[str]:
    if silences is None:
        return f"## {_both(_SILENCES)}", _both(_UNKNOWN)
    return f"## {_both(_SILENCES)}: {len(silences)}", _table(_SILENCE_COLUMNS, map(_silence_row, silences))


def _silence_row(silence: Silence) -> list[str]:
    return [silence.matchers, formats.time_text(silence.ends_at), silence.created_by, silence.comment]


def _handover(shift: Shift) -> list[list[str]]:
    """Who wrote which note, and who took over having seen which, as it happened."""
    texts = {note.id: note.text for note in shift.notes}
    told = [(note.at, note.who, _both(_WROTE), note.text) for note in shift.notes if note.at >= shift.start]
    for taken in shift.taken_over:
        seen = "" if taken.note is None else texts.get(taken.note, "")
        told.append((taken.at, taken.who, _took(taken), seen))
    return [[formats.time_text(at), who, what, text] for at, who, what, text in sorted(told, key=lambda row: row[0])]


def _took(taken: TakeOver) -> str:
    if taken.shift is None:
        return _both(_TOOK)
    since = formats.time_text(taken.shift)
    return _both(Text(_TOOK_FROM.vi.format(since), _TOOK_FROM.en.format(since)))


def _ended(episode: Episode) -> float:
    return float("inf") if episode.resolved_at is None else episode.resolved_at


def _table(columns: Iterable[Text], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in rows]
    if not lines:
        return _both(_NONE)
    heads = [_both(column) for column in columns]
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines])


def _escaped(text: str) -> str:
    """Text that people wrote, as text: it neither breaks the table nor becomes a link."""
    return markdown(" ".join(text.split()))


def _span(shift: Shift) -> str:
    return f"{formats.time_text(shift.start)} – {formats.time_text(shift.end)}"


def _both(words: Text) -> str:
    return f"{words.vi} ({words.en})"
