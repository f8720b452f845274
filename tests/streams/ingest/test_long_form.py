"""The worked example of a case log in long form: its events one by one, and its figures in whatever order it comes."""

import json
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import ingest, made_ready
from tests.streams.ingest.reading import Engine, apply_file

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "mappings"
NOW_MS = 1_800_000_000_000
STEPS = [
    "Phân loại", "Phân công", "Chuyển đơn vị", "Xử lý", "Gia hạn", "Xin ý kiến", "Trình duyệt", "Trả lời", "Trả lời",
    "Kiểm tra", "Đánh giá",
]  # fmt: skip


@pytest.fixture
def mapper(catalogue: Catalogue) -> Mapper:
    return Mapper(read_mapping(EXAMPLES / "feedback_log.yaml"), catalogue)


def test_steps_of_the_example_are_the_events_that_a_reader_would_write_down(mapper: Mapper) -> None:
    with made_ready(mapper, EXAMPLES / "feedback_log.csv") as ready:
        events = [json.loads(value) for _, value in ready.events()]
    told = {
        (event["data"]["service_request_id"], event["type"].split(".")[-2], event["time"][5:16]) for event in events
    }
    assert told == {
        ("PA-1", "received", "11-03T08:00"), ("PA-1", "assigned", "11-03T09:10"), ("PA-1", "resolved", "11-06T16:30"),
        ("PA-1", "rated", "11-07T20:00"), ("PA-1", "reopened", "11-10T08:00"), ("PA-1", "resolved", "11-12T10:00"),
        ("PA-2", "received", "11-03T10:00"), ("PA-2", "assigned", "11-03T10:30"), ("PA-2", "extended", "11-04T08:15"),
        ("PA-2", "transferred", "11-04T08:15"), ("PA-3", "received", "11-03T15:20"),
    }  # fmt: skip
    assert len(events) == len(told)


def test_report_of_the_example_tells_what_is_odd_about_it(mapper: Mapper) -> None:
    report = ingest(mapper, EXAMPLES / "feedback_log.csv", None)
    assert report.rows_refused == {"due_before_it_came": 1}
    assert report.refusals[0].startswith(f"{EXAMPLES / 'feedback_log.csv'}:13: row ")
    assert (report.findings.cases, report.findings.without_opening, report.findings.repeated) == (3, 0, 0)
    [(values, rows)] = report.left.items()
    assert rows == 1
    assert "`Bước` 'Trả lời'" in values


def log_of(cases: int, random: Random) -> pd.DataFrame:
    """A made-up log, its cases one after the other."""
    rows = []
    for number in range(cases):
        moment = pd.Timestamp("2025-01-06 08:00") + pd.Timedelta(minutes=random.randrange(300_000))
        unit, due = random.choice(["Sở Y tế", "Sở Xây dựng"]), moment.normalize() + pd.Timedelta(days=15)
        for step in ["Tiếp nhận", *random.choices(STEPS, k=random.randrange(9))]:
            if step == "Chuyển đơn vị":
                unit = "Sở Y tế" if unit == "Sở Xây dựng" else "Sở Xây dựng"
            due += pd.Timedelta(days=7 if step == "Gia hạn" else 0)
            rows.append({
                "Mã phản ánh": f"PA-{number}", "Bước": step, "Thời điểm": moment.strftime("%d/%m/%Y %H:%M:%S"),
                "Đơn vị": unit, "Lĩnh vực": random.choice(["Đất đai", "Giao thông"]), "Kênh": "Ứng dụng",
                "Hạn trả lời": due.strftime("%d/%m/%Y"), "Điểm": random.randint(1, 5) if step == "Đánh giá" else None,
            })  # fmt: skip
            moment += pd.Timedelta(minutes=random.randint(1, 3_000))
    return pd.DataFrame(rows).astype({"Điểm": "Int64"})


@pytest.mark.parametrize("partitions", [1, 4])
def test_figures_of_a_log_equal_pandas_in_every_order(
    tmp_path: Path, mapper: Mapper, catalogue: Catalogue, partitions: int
) -> None:
    random = Random(7)
    log = log_of(400, random)
    by_time = log.sort_values("Thời điểm", key=lambda texts: pd.to_datetime(texts, format="%d/%m/%Y %H:%M:%S"))
    steps = by_time[by_time["Bước"] != "Đánh giá"].groupby("Mã phản ánh")
    answered = steps["Bước"].last() == "Trả lời"
    units = steps["Đơn vị"].last().map({"Sở Y tế": "so_y_te", "Sở Xây dựng": "so_xay_dung"})
    stars = log["Điểm"].dropna()

    for name, rows in {"file": log, "time": by_time, "random": log.sample(frac=1, random_state=7)}.items():
        file = tmp_path / f"{name}.csv"
        rows.to_csv(file, index=False)
        engine = Engine(catalogue, "citizen_feedback", partitions)
        apply_file(engine, mapper, file, NOW_MS)
        assert engine.total("received").value == 400, name
        assert engine.by("received", "unit") == units.value_counts().to_dict(), name
        assert engine.total("resolved").value == answered.sum(), name
        assert engine.by("resolved", "unit") == units[answered].value_counts().to_dict(), name
        assert engine.total("satisfaction").value == pytest.approx(stars.mean()), name
        assert engine.merged.fates("citizen_feedback").rejected == 0, name
