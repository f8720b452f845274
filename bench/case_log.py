"""A made-up log of a case system in long form: a row a step of twelve activities, cases that are reopened among them.

Its form is that of the worked example of ``prepare``, which is the mapping that reads it.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

MAPPING = Path(__file__).parent.parent / "docs" / "examples" / "mappings" / "feedback_log.yaml"
HEADER = ("Mã phản ánh", "Bước", "Thời điểm", "Đơn vị", "Lĩnh vực", "Kênh", "Hạn trả lời", "Điểm")
FIRST_STEP = "Tiếp nhận"
STEPS = (
    "Phân loại", "Phân công", "Chuyển đơn vị", "Xử lý", "Gia hạn", "Xin ý kiến", "Trình duyệt", "Trả lời", "Mở lại",
    "Kiểm tra", "Đánh giá",
)  # fmt: skip
"""What may follow it."""
UNITS, FIELDS = ("Sở Y tế", "Sở Xây dựng"), ("Đất đai", "Giao thông", "Môi trường")
PROMISED = timedelta(days=7)
FIRST, SECONDS = datetime(2023, 1, 2, 8), 1_000 * 86_400  # noqa: DTZ001 (as the file has it)

Row = tuple[str, ...]


def cases(seed: int = 7) -> Iterator[list[Row]]:
    """The rows of one case after the other, without end; some eleven of each."""
    chance, case = Random(seed), 0  # noqa: S311
    while True:
        case += 1
        moment, unit = FIRST + timedelta(seconds=chance.randrange(SECONDS)), chance.choice(UNITS)
        due, field, rows = moment + PROMISED, chance.choice(FIELDS), []
        # Half of the cases end with an answer; of the others some do, too.
        last = ("Trả lời",) * chance.randrange(2)
        for step in (FIRST_STEP, *chance.choices(STEPS, k=chance.randrange(4, 16)), *last):
            if step == "Chuyển đơn vị":
                unit = UNITS[unit == UNITS[0]]
            due += timedelta(days=7 * (step == "Gia hạn"))
            stars = str(chance.randint(1, 5)) if step == "Đánh giá" else ""
            at, until = f"{moment:%d/%m/%Y %H:%M:%S}", f"{due:%d/%m/%Y}"
            rows.append((f"PA-{case:07}", step, at, unit, field, "Ứng dụng", until, stars))
            moment += timedelta(seconds=chance.randint(60, 180_000))
        yield rows


def rows_of(number: int) -> Iterator[Row]:
    """So many rows, case by case, of which the last may be cut off."""
    return islice((row for case in cases() for row in case), number)


def write_csv(file: Path, rows: Iterable[Row]) -> Path:
    """The rows as a case system exports them."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        written = csv.writer(stream)
        written.writerow(HEADER)
        written.writerows(rows)
    return file
