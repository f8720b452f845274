"""The counts of the events of `phu-tho-2025` make every figure of the calibration table."""

import pytest

from ioc.catalogue.model import Catalogue
from ioc.scenarios import phu_tho_2025
from ioc.scenarios.calibration import TABLE, PublishedFigure
from ioc.scenarios.events import midnight
from ioc.scenarios.setting import END, FIRST_DAY
from tests.ioc.scenarios.naive_count import NaiveCount, readings

pytestmark = pytest.mark.slow


def reads(row: PublishedFigure, found: tuple[float, ...]) -> bool:
    if row.numerator is not None:
        return found == (row.numerator, row.denominator)
    return row.value <= found[0] <= (row.at_most or row.value)


@pytest.fixture(scope="module")
def naive(catalogue: Catalogue) -> NaiveCount:
    """A count over all events at scale 1, which are in order of time and within the four months."""
    count, newest = NaiveCount(), midnight(FIRST_DAY)
    for event in count.pass_on(phu_tho_2025.events(catalogue)):
        assert newest <= event.time < END
        newest = event.time
    assert count.events <= 1_800_000
    return count


def test_counts_of_events_make_every_figure_of_the_calibration_table(naive: NaiveCount) -> None:
    found = readings(naive)
    wrong = {
        (row.kpi, row.label): found[row.kpi, row.label] for row in TABLE if not reads(row, found[row.kpi, row.label])
    }
    assert wrong == {}


@pytest.mark.parametrize("level", ["province", "commune"])
def test_handling_is_on_time_and_little_of_what_is_open_is_overdue(naive: NaiveCount, level: str) -> None:
    assert naive.counts["on_time", level] / naive.counts["handled", level] >= 0.97
    assert 0 < naive.overdue_share(level) < 0.01


def test_no_accepted_dossier_is_voided_or_withdrawn(naive: NaiveCount) -> None:
    assert naive.counts["public_services", "dossier", "voided"] == 0
    assert naive.counts["public_services", "dossier", "withdrawn"] == 0


def test_more_than_half_of_the_feedback_is_resolved(naive: NaiveCount) -> None:
    assert naive.counts["citizen_feedback", "request", "received"] == 986
    assert naive.counts["citizen_feedback", "request", "resolved"] >= 494
