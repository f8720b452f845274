"""Press and social media: mentions through the day and evening, the critical ones assigned and answered."""

from collections.abc import Iterator

from ioc.scenarios.events import INTEGER, TEXT, Event, Writer, ids, midnight, source_totals
from ioc.scenarios.setting import EVENING, FIRST_DAY, LAST_DAY, Setting
from ioc.scenarios.timeline import Remembering

SLUG = "social_listening"
_collected = Writer(SLUG, "mention.collected", "mention", sentiment=TEXT, topic=TEXT, channel=TEXT, reach=INTEGER)
_assigned = Writer(SLUG, "mention.assigned", "mention", sentiment='"negative"', topic=TEXT, unit=TEXT)
_answered = Writer(SLUG, "mention.answered", "mention")

MENTIONS = 900
"""M: mentions of a day."""
SINCE = FIRST_DAY + 92
"""The feed begins on 1 October: 30 days are its longest window."""
_TOPICS = ((b"culture", 0.24), (b"traffic", 0.15), (b"economy", 0.12), (b"public_order", 0.1), (b"education", 0.08),
           (b"health", 0.07), (b"land", 0.07), (b"environment", 0.05), (b"officials", 0.04), (b"disaster", 0.03),
           (b"site_clearance", 0.02), (b"other", 0.03))  # fmt: skip
_CONTENTIOUS = (b"land", b"environment", b"site_clearance", b"officials", b"public_order")
_CHANNELS = (b"press", b"social", b"social", b"social", b"video", b"forum")
_LAST_HOUR = 22 * 3600
_TALKED_ABOUT = 26
"""On the last evening a festival is talked about from 22:00 to 23:00: twice as much as usual, no surge."""


class Mentions(Remembering):
    """Mentions; of the negative ones on contentious topics some are assigned, and answered the next working day."""

    memory = 5

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def day(self, day: int) -> Iterator[Event]:
        if day < SINCE:
            return
        setting, rng = self._setting, self._setting.rng("mentions", day)
        count = self._count(day)
        times = EVENING.times(rng, day, count)
        picks = rng.choice(len(_TOPICS), count, p=[share for _, share in _TOPICS])
        topics = [_TOPICS[pick][0] for pick in picks]
        if day == LAST_DAY:
            late = [n for n, time in enumerate(times) if _LAST_HOUR <= time - midnight(day) < _LAST_HOUR + 3600]
            others = [n for n in late if topics[n] != b"culture"]
            for number in others[: max(0, _TALKED_ABOUT - len(late) + len(others))]:
                topics[number] = b"culture"
        luck = rng.random((3, count)).tolist()
        reach = rng.lognormal(6.5, 1.3, count).astype(int).tolist()
        for key, time, topic, tone, channel, assigned, seen in zip(
            ids(b"TB", day), times, topics, *luck, reach, strict=False
        ):
            contentious = topic in _CONTENTIOUS
            negative = tone < (0.3 if contentious else 0.1)
            sentiment = b"negative" if negative else b"neutral" if tone < 0.65 else b"positive"
            yield _collected(time, key, sentiment, topic, _CHANNELS[int(channel * 6)], seen)
            if negative and contentious and assigned < 0.5:
                unit = setting.somewhere(rng, 1)[0]
                yield _assigned(time + 600 + int(assigned * 2400), key, topic, unit)
                late_by = 2 if assigned < 0.01 and day < LAST_DAY - 7 else 0
                yield _answered(setting.office_time(rng, day + 1, late_by), key)
        if day > SINCE:
            yield from source_totals(SLUG, day, [("mentions", sum(map(self._count, range(SINCE, day))))])

    def _count(self, day: int) -> int:
        return self._setting.volume(day, MENTIONS, MENTIONS)


def feeds(setting: Setting) -> list[Mentions]:
    """The feed of this subsystem."""
    return [Mentions(setting)]
