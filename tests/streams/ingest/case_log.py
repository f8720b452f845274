"""A made-up log of a case system as CSV, XLSX and XES in three orders, and its figures by pandas as defined."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from random import Random
from xml.sax.saxutils import quoteattr

import pandas as pd

from bench.case_log import HEADER, MAPPING, Row, cases, write_csv
from ioc.catalogue.loader import PACKAGED
from tests.streams.ingest.written import workbook, written

UNITS = {"Sở Y tế": "so_y_te", "Sở Xây dựng": "so_xay_dung"}
ZONE = "Asia/Ho_Chi_Minh"
_AT, _DUE = "%d/%m/%Y %H:%M:%S", "%d/%m/%Y"
_COUNTS_REOPENINGS = """
  reopened:
    kind: count
    name: {vi: Mở lại, en: Reopened}
    description: {vi: Số lần mở lại., en: Reopenings.}
    of: [request.reopened]
    unit: requests
    by: [agency_responsible]
    windows: [month, total]
"""


def subsystem_with_reopenings(folder: Path) -> Path:
    """The packaged file of the subsystem with one more KPI, in a folder of one's own."""
    folder.mkdir()
    text = (PACKAGED / "subsystems" / "citizen_feedback.yaml").read_text(encoding="utf-8")
    return written(folder / "citizen_feedback.yaml", text.rstrip() + _COUNTS_REOPENINGS)


def in_orders(number: int) -> dict[str, list[Row]]:
    """The rows of so many cases: by time, case by case as exported, and at random."""
    exported = [row for case in islice(cases(), number) for row in case]
    by_time = sorted(exported, key=lambda row: datetime.strptime(row[2], _AT))  # noqa: DTZ007 (as the file has it)
    return {"time": by_time, "file": exported, "random": Random(7).sample(exported, len(exported))}


def _write_xlsx(file: Path, rows: Iterable[Row]) -> None:
    """Days, times and numbers as Excel holds them."""

    def typed(row: Row) -> Sequence[object]:
        at, due = (datetime.strptime(text, form) for text, form in ((row[2], _AT), (row[6], _DUE)))  # noqa: DTZ007
        return [*row[:2], at, *row[3:6], due, int(row[7]) if row[7] else None]

    workbook(file, {"Hồ sơ": [["NHẬT KÝ XỬ LÝ"], [], HEADER, *map(typed, rows)]})


def _write_xes(file: Path, rows: Iterable[Row]) -> None:
    """Steps under the names of the standard, each in a trace of its own, so that their order is kept."""

    def traces() -> Iterator[str]:
        for case, step, at, unit, field, channel, due, stars in rows:
            moment = datetime.strptime(at, _AT).isoformat() + "+07:00"  # noqa: DTZ007
            texts = {"concept:name": step, "org:group": unit, "field": field, "channel": channel, "due": due}
            told = "".join(f"<string key='{key}' value={quoteattr(text)}/>" for key, text in texts.items())
            told += f"<int key='stars' value='{stars}'/>" if stars else ""
            event = f"<event>{told}<date key='time:timestamp' value='{moment}'/></event>"
            yield f"<trace><string key='concept:name' value='{case}'/>{event}</trace>\n"

    with file.open("w", encoding="utf-8") as stream:
        stream.write('<log xmlns="http://www.xes-standard.org/">\n')
        stream.writelines(traces())
        stream.write("</log>\n")


_WRITERS = {"csv": write_csv, "xlsx": _write_xlsx, "xes": _write_xes}
_READ_AS: Mapping[str, Mapping[str, str]] = {
    "csv": {},
    "xlsx": {
        f"""strptime("Thời điểm", '{_AT}')""": '"Thời điểm"',
        f"""strptime("Hạn trả lời", '{_DUE}')""": '"Hạn trả lời"',
    },
    "xes": {
        f"""strptime("Thời điểm", '{_AT}')""": '"Thời điểm"',
        "    FROM rows": """    FROM (
      SELECT "case:concept:name" AS "Mã phản ánh", "concept:name" AS "Bước", "time:timestamp" AS "Thời điểm",
        "org:group" AS "Đơn vị", field AS "Lĩnh vực", channel AS "Kênh", due AS "Hạn trả lời", stars AS "Điểm", "@line"
      FROM rows
    )""",
    },
}
"""What the worked example says otherwise of a form: of typed cells, and of the names of the standard."""


def write_log(folder: Path, form: str, order: str, rows: Iterable[Row]) -> tuple[Path, Path]:
    """A file of the log, and the mapping that reads it."""
    file = folder / f"{order}.{form}"
    _WRITERS[form](file, rows)
    text = MAPPING.read_text(encoding="utf-8")
    for said, otherwise in _READ_AS[form].items():
        assert said in text
        text = text.replace(said, otherwise)
    return file, written(folder / f"{form}.yaml", text)


FORMS = tuple(_WRITERS)


@dataclass(frozen=True)
class Definitions:
    """The figures of a log at its newest moment and at the end of each month, by the definitions alone."""

    log: pd.DataFrame

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Definitions":
        log = pd.DataFrame(rows, columns=[*HEADER])
        log["at"] = pd.to_datetime(log["Thời điểm"], format=_AT)
        log["due"] = pd.to_datetime(log["Hạn trả lời"], format=_DUE) + pd.Timedelta(hours=17)
        # Rated is what was done, and no step of it.
        steps = log[log["Bước"] != "Đánh giá"].sort_values(["Mã phản ánh", "at"])
        before = steps.groupby("Mã phản ánh")["Bước"].shift()
        steps["came"] = before.isna()
        steps["closes"] = (steps["Bước"] == "Trả lời") & (before != "Trả lời")
        steps["reopens"] = (steps["Bước"] != "Trả lời") & (before == "Trả lời")
        steps.attrs["newest"] = log["at"].max()
        return cls(steps)

    @property
    def newest(self) -> pd.Timestamp:
        """When the last row of all happened."""
        newest: pd.Timestamp = self.log.attrs["newest"]
        return newest

    def by_unit(self) -> dict[str, dict[str, float]]:
        """KPI to unit to total at the newest moment: a case is of the unit that has it last."""
        return {
            kpi: counted.map(UNITS).value_counts().to_dict() for kpi, counted in self._units_of(self.newest).items()
        }

    def by_month(self) -> dict[str, dict[str, float]]:
        """KPI to month to figure as the month stood at its end; a month is shown from the first row to the last."""
        months: dict[str, dict[str, float]] = {}
        for month in pd.period_range(self.log["at"].min(), self.newest, freq="M"):
            until = min(self.newest, month.end_time.floor("s"))
            since = {"received": "at", "resolved": "closed", "resolved_on_time": "closed", "reopened": "at"}
            for kpi, counted in self._counted(until).items():
                own = counted if kpi not in since else counted[counted[since[kpi]] >= month.start_time]
                months.setdefault(kpi, {})[str(month)] = len(own)
        return months

    def _units_of(self, until: pd.Timestamp) -> dict[str, pd.Series]:
        last = self.log[self.log["at"] <= until].groupby("Mã phản ánh")["Đơn vị"].last()
        return {kpi: counted["Mã phản ánh"].map(last) for kpi, counted in self._counted(until).items()}

    def _counted(self, until: pd.Timestamp) -> dict[str, pd.DataFrame]:
        """KPI to what it counts of all that had happened by then."""
        known = self.log[self.log["at"] <= until]
        now = known.groupby("Mã phản ánh").tail(1)
        answer = known[known["closes"]].groupby("Mã phản ánh").tail(1)
        answers = answer[["Mã phản ánh", "at", "due"]].rename(columns={"at": "closed", "due": "was_due"})
        standing = now[now["Bước"] == "Trả lời"].merge(answers, on="Mã phản ánh")
        still_open = now[now["Bước"] != "Trả lời"]
        return {
            "received": known[known["came"]],
            "resolved": standing,
            "resolved_on_time": standing[standing["closed"] <= standing["was_due"]],
            "open": still_open,
            "overdue": still_open[still_open["due"] < until],
            "reopened": known[known["reopens"]],
        }


def figures_of(rows: Iterable[Mapping[str, object]], window: str) -> dict[str, dict[str, object]]:
    """KPI to unit to value, of the rows of ``ioc demo --json``."""
    found: dict[str, dict[str, object]] = {}
    for row in rows:
        labels = row.get("labels")
        if row.get("window") == window and isinstance(labels, dict) and [*labels] == ["unit"]:
            found.setdefault(str(row["kpi"]), {})[labels["unit"]] = row["value"]
    return found


def months_of(rows: Iterable[Mapping[str, object]]) -> dict[str, dict[object, object]]:
    """KPI to month to value, of the rows of ``ioc demo --json``."""
    found: dict[str, dict[object, object]] = {}
    for row in filter(itemgetter("kpi"), rows):
        if "month" in row:
            found.setdefault(str(row["kpi"]), {})[row["month"]] = row["value"]
    return found
