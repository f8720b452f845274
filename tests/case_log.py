"""A made-up export of a case system: 500 cases of fourteen months in long form, and what plain Python counts in it."""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

HEADER = ("Mã", "Hoạt động", "Thời điểm", "Lĩnh vực", "Đơn vị", "Hạn trả lời", "Điểm")
FIELDS = ("Đất đai", "Môi trường", "Giao thông", "Y tế")
UNITS = ("8716", "4792", "so_y_te", "so_xay_dung")
LOCAL = timezone(timedelta(hours=7))
FIRST, DAYS = datetime(2024, 8, 5, 7, 30, tzinfo=LOCAL), 419
"""Received from 5 August 2024 to 27 September 2025."""
PROMISED = timedelta(days=15)
_WRITTEN = "%d/%m/%Y %H:%M"


@dataclass(frozen=True)
class Case:
    """One case, in local time."""

    id: str
    field: str
    unit: str
    received: datetime
    resolved: Sequence[datetime]
    """Each time; between two it was reopened."""
    reopened: Sequence[datetime]
    rating: int | None

    @property
    def due(self) -> datetime:
        return self.received + PROMISED

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at a moment, what happens then included."""
        last = max((when, what) for when, what in self._steps() if when <= at) if self.received <= at else (at, "")
        return last[1] in ("Mở lại", "Tiếp nhận")

    def stands_resolved(self, at: datetime) -> datetime | None:
        """When it was resolved as known at a moment; None where it was not, or was reopened since."""
        done = [when for when in self.resolved if when <= at]
        return done[-1] if done and not self.is_open(at) else None

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Its lines of the export."""
        first, *others = self._steps()
        yield (self.id, first[1], f"{first[0]:{_WRITTEN}}", self.field, self.unit, f"{self.due:{_WRITTEN}}", "")
        for when, what in others:
            yield (self.id, what, f"{when:{_WRITTEN}}", self.field, self.unit, "", "")
        if self.rating is not None:
            when = self.resolved[-1] + timedelta(hours=1)
            yield (self.id, "Đánh giá", f"{when:{_WRITTEN}}", self.field, self.unit, "", str(self.rating))

    def _steps(self) -> list[tuple[datetime, str]]:
        steps = [(self.received, "Tiếp nhận")]
        steps += [(when, "Đã xử lý") for when in self.resolved] + [(when, "Mở lại") for when in self.reopened]
        return sorted(steps)


def cases(seed: int = 2025, number: int = 500) -> list[Case]:
    """The same seed gives the same cases, in the order they were received."""
    chance = random.Random(seed)
    last = FIRST + timedelta(days=DAYS)
    made = []
    moments = sorted(FIRST + timedelta(minutes=chance.randrange(DAYS * 24 * 60)) for _ in range(number))
    for place, received in enumerate(moments, 1):
        resolved = [received + timedelta(minutes=chance.randrange(60, 22 * 24 * 60))]
        reopened = []
        if chance.random() < 0.06:
            reopened = [resolved[0] + timedelta(minutes=chance.randrange(60, 40 * 24 * 60))]
            resolved.append(reopened[0] + timedelta(minutes=chance.randrange(60, 10 * 24 * 60)))
        rating = chance.randint(1, 5) if chance.random() < 0.3 else None
        resolved = [when for when in resolved if when < last]
        reopened = [when for when in reopened if when < last]
        if not resolved or resolved[-1] + timedelta(hours=1) > last or len(reopened) == len(resolved):
            rating = None
        field, unit = chance.choice(FIELDS), chance.choice(UNITS)
        made.append(Case(f"PA-{place:04}", field, unit, received, resolved, reopened, rating))
    return made


def write_export(file: Path, exported: Sequence[Case]) -> Path:
    """The rows case by case, as case systems export them."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        written = csv.writer(stream)
        written.writerow(HEADER)
        for case in exported:
            written.writerows(case.rows())
    return file
