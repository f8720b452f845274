import pytest

from ioc.kpis.kinds.difference import Difference
from ioc.kpis.kinds.ratio import Ratio
from ioc.kpis.limits import EffectiveLimits, Level, Severity, effective_limits, grey_reason_of, status_of
from ioc.kpis.specs import LimitsSpec
from ioc.kpis.status import Certainty, GreyReason, Knowledge, Status
from ioc.kpis.terms import Term
from ioc.text.bilingual import Text
from ioc.time.durations import parse_duration
from tests.packaged import packaged_catalogue

TEXT = Text(vi="Một", en="One")


def limits_of(unit: str = "ratio", **spec: object) -> EffectiveLimits:
    limits = LimitsSpec.model_validate({"direction": "above", "reason": "M", **spec})
    terms = {"name": TEXT, "description": TEXT, "unit": unit, "windows": ["today", "total"], "limits": limits}
    if unit == "ratio":
        found = effective_limits(Ratio(kind="ratio", numerator=[Term("a")], denominator=[Term("b")], **terms))
    else:
        found = effective_limits(Difference(kind="difference", of=[Term("a")], **terms))
    assert found is not None
    return found


def test_a_ratio_clears_half_a_point_inside_its_limit() -> None:
    assert limits_of(warning=0.01, critical=0.03).critical == Level(0.03, 0.025)
    assert limits_of(direction="below", warning=0.95).warning == Level(0.95, 0.955)


@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_a_ratio_limited_at_0_or_100_percent_clears_where_it_is_raised(limit: float) -> None:
    assert limits_of(direction="below", warning=limit).warning == Level(limit, limit)


def test_a_count_clears_where_it_is_raised() -> None:
    assert limits_of("cases", warning=3).warning == Level(3, 3)


def test_a_declared_clear_level_holds() -> None:
    assert limits_of(warning=0.05, clear_warning=0.02).warning == Level(0.05, 0.02)


def test_a_ratio_needs_thirty_cases_unless_it_says_otherwise_and_a_count_none() -> None:
    assert limits_of(warning=0.1).minimum_sample == 30
    assert limits_of(warning=0.1, minimum_sample=1).minimum_sample == 1
    assert limits_of("cases", warning=3).minimum_sample == 0


def test_limits_hold_for_the_first_window_unless_said_and_for_five_minutes() -> None:
    assert limits_of(warning=0.1).window == "today"
    assert limits_of(warning=0.1, window="total").window == "total"
    assert limits_of(warning=0.1).hold == parse_duration("5m")


def test_a_kpi_without_limits_has_no_effective_ones() -> None:
    received = packaged_catalogue().subsystems["public_services"].kpis["received"]
    assert effective_limits(received) is None


def test_above_is_broken_at_its_limit_and_below_only_under_it() -> None:
    above, below = limits_of(warning=0.1), limits_of(direction="below", warning=0.1)
    assert [status_of(value, 30, None, above) for value in (0.0999, 0.1)] == [Status.GREEN, Status.YELLOW]
    assert [status_of(value, 30, None, below) for value in (0.1, 0.0999)] == [Status.GREEN, Status.YELLOW]


def test_between_clear_and_raise_a_status_stays_what_it_was() -> None:
    limits = limits_of(warning=0.01, critical=0.03)
    before = [Status.GREEN, Status.YELLOW, Status.RED]
    assert [status_of(0.027, 30, each, limits) for each in before] == [Status.YELLOW, Status.YELLOW, Status.RED]
    assert [status_of(0.007, 30, each, limits) for each in before] == [Status.GREEN, Status.YELLOW, Status.YELLOW]
    assert status_of(0.0049, 30, Status.RED, limits) == Status.GREEN


def test_grey_remembers_no_broken_limit() -> None:
    assert status_of(0.007, 30, Status.GREY, limits_of(warning=0.01)) == Status.GREEN


SILENT = Knowledge(Certainty.UNKNOWN, GreyReason.FEED_SILENT)
BEHIND = Knowledge(Certainty.PARTLY_KNOWN, GreyReason.BEHIND)


def test_what_is_partly_known_is_red_or_yellow_but_never_green() -> None:
    limits = limits_of(warning=0.01, critical=0.03)
    colours = [status_of(value, 30, None, limits, BEHIND) for value in (0.0, 0.01, 0.03)]
    assert colours == [Status.GREY, Status.YELLOW, Status.RED]
    assert status_of(None, None, None, limits, BEHIND) == Status.GREY
    assert grey_reason_of(0.0, 30, limits, BEHIND) == GreyReason.BEHIND


def test_grey_says_why() -> None:
    limits = limits_of(warning=0.01)
    assert grey_reason_of(0.5, 29, limits) == GreyReason.BELOW_SAMPLE
    assert grey_reason_of(0.5, None, limits) == GreyReason.BELOW_SAMPLE
    assert grey_reason_of(None, None, limits) == GreyReason.NO_DATA
    assert grey_reason_of(0.5, 30, limits, SILENT) == GreyReason.FEED_SILENT
    assert grey_reason_of(0.5, 30, limits, Knowledge(Certainty.UNKNOWN, GreyReason.NOT_DUE)) == GreyReason.NOT_DUE
    assert grey_reason_of(0.5, 30, limits) is None


def test_what_is_stale_not_due_or_absent_is_grey_however_good_or_bad() -> None:
    limits = limits_of(warning=0.01)
    for value in (0.0, 0.9):
        assert status_of(value, 30, Status.RED, limits, SILENT) == Status.GREY
        assert status_of(value, 30, Status.RED, limits, Knowledge(Certainty.UNKNOWN, GreyReason.NOT_DUE)) == Status.GREY
    assert status_of(None, 30, Status.RED, limits) == Status.GREY


def test_red_is_worse_than_yellow_than_grey_than_green() -> None:
    assert sorted(Status, key=lambda status: status.rank) == [Status.RED, Status.YELLOW, Status.GREY, Status.GREEN]


def test_only_the_worst_severity_of_a_paging_kpi_wakes_anyone() -> None:
    both = limits_of(warning=0.01, critical=0.03, alert="page")
    assert [both.alert_class(severity) for severity in both.severities] == ["page", "digest"]
    assert limits_of(warning=0.01, alert="page").alert_class(Severity.WARNING) == "page"
    assert limits_of(warning=0.01, critical=0.03).alert_class(Severity.CRITICAL) == "digest"
