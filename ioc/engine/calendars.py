"""The working calendars that one subsystem's partition has judged by, in the order in which they came into force.

A calendar changes when somebody enters a day off, and when a newer list of public holidays is installed. What was
judged by a former one stays judged; to take it back whole, the former one must still be there.
"""

from collections.abc import Iterator, Mapping

import msgspec

from ioc.catalogue.calendar import CalendarDays, WorkingCalendar
from ioc.engine.store.keys import Kind, StoredKey
from ioc.engine.store.memory import Watermark
from ioc.events.records import Record


class Calendars:
    """All of them by their numbers, and which is in force; a state without any was judged by ``current``."""

    def __init__(self, subsystem: str, current: WorkingCalendar) -> None:
        self.current = current
        self.number = 0
        """Of the current one."""
        self._all = [current]
        self._stored = 0
        self._head = StoredKey(subsystem, Kind.CALENDARS)
        self.owns = self._head.is_head_of

    def __getitem__(self, number: int) -> WorkingCalendar:
        return self._all[number]

    def drain(self, watermark: Watermark) -> Iterator[Record]:
        """Those that are not stored yet."""
        for number in range(self._stored, len(self._all)):
            yield Record(self._head.of(number), _encode(self._all[number].days))
        self._stored = len(self._all)

    def restore(self, records: Mapping[StoredKey, bytes]) -> None:
        """Take stored ones back, and put the current one in force beside them."""
        by_number = sorted((int(key.record), value) for key, value in records.items())
        known = [WorkingCalendar(_decode(value)) for _, value in by_number]
        self._stored = len(known)
        versions = [calendar.version for calendar in known]
        if self.current.version in versions:
            self.number = versions.index(self.current.version)
            self._all = known
            self._all[self.number] = self.current
        else:
            self.number = len(known)
            self._all = [*known, self.current]


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(CalendarDays).decode
