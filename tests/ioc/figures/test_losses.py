"""What was deleted by age before it was read: since when the figures know, and that nothing they may lack is green."""

from datetime import datetime, timedelta
from functools import cache

import pytest

from ioc.catalogue.reach import EVER, longest_window, oldest_read, telemetry_of
from ioc.kpis import metric_names
from ioc.kpis.limits import effective_limits
from ioc.kpis.status import GreyReason, Status
from ioc.time.windows import DAY
from tests.ioc.figures.wall import Wall, packaged
from tests.oracle.topics import moment

NOW = datetime(2025, 10, 31, 10, 0)  # noqa: DTZ001 (local, as the wall takes it)
FIRST = NOW - timedelta(days=120)
TRIMMED = f"{NOW - timedelta(days=35):%Y-%m-%d %H:%M}"
AT = f"{NOW:%Y-%m-%d %H:%M}"
TOLERANCE = 300


def dossiers(overdue_lately: int = 3) -> Wall:
    """1,500 dossiers over 120 days, 226 open, 26 overdue; of the last 35 days 203 are open, and 3 overdue."""
    wall, steps = Wall("public_services"), []
    accepted = [FIRST + timedelta(days=120) * (number + 1) / 1500 for number in range(1500)]
    old = [number for number, at in enumerate(accepted) if at < NOW - timedelta(days=35)]
    still_open = {*old[-26 + overdue_lately :], *range(1500 - 203, 1500)}
    late = {*old[-26 + overdue_lately :], *range(1500 - 203, 1500 - 203 + overdue_lately)}
    for number, at in enumerate(accepted):
        steps.append((at, "dossier.accepted", number))
        if number not in still_open:
            steps.append((min(at + timedelta(days=1), NOW), "dossier.handled", number))
    for at, event, number in sorted(steps):
        local, case = f"{at:%Y-%m-%d %H:%M:%S}", {"dossier": f"D-{number}"}
        if event == "dossier.handled":
            wall.send(event, local, **case, e_result=False)
            continue
        due = at + timedelta(days=1) if number in late else NOW + timedelta(days=30)
        office = {"deciding_unit": "so_y_te", "receiving_unit": "so_y_te", "receiving_level": "province"}
        plain = {"components_digitised": False, "project06": False, "fee_bearing": False, "channel": "desk"}
        given = {"procedure": "p", "field": "land", "level": "province", "due_at": f"{due.isoformat()}+07:00"}
        wall.send(event, local, **case, **office, **plain, **given)
    wall.read()
    return wall


@cache
def whole() -> Wall:
    return dossiers()


@pytest.fixture
def rebuilt() -> Wall:
    wall = dossiers()
    wall.rebuild(TRIMMED)
    return wall


def reason(wall: Wall, kpi: str) -> GreyReason | None:
    samples = wall.exported(AT)[metric_names.KPI_DOUBT].samples
    found = [value for labels, value in samples if dict(labels) == {"subsystem": wall.slug, "kpi": kpi}]
    return GreyReason(int(found[0])) if found else None


def since(wall: Wall) -> dict[str, float]:
    return {dict(labels)["kpi"]: value for labels, value in wall.exported(AT)[metric_names.KPI_SINCE].samples}


def test_all_are_there_before() -> None:
    assert (whole().value("backlog", AT, window="total"), whole().value("overdue", AT, window="total")) == (226, 26)
    assert whole().status("overdue_share", AT) is Status.RED
    assert since(whole()) == {}


def test_a_rebuild_from_trimmed_topics_says_since_when(rebuilt: Wall) -> None:
    assert (rebuilt.value("backlog", AT, window="total"), rebuilt.value("overdue", AT, window="total")) == (203, 3)
    first = min(record.appended for record in rebuilt.topics.records if record.appended >= moment(TRIMMED))
    told = since(rebuilt)
    assert set(told) >= {"backlog", "overdue", "overdue_share", "received", "handled"}
    # Of two partitions the one that begins later.
    assert first // 1000 + TOLERANCE < told["backlog"] < first // 1000 + TOLERANCE + DAY


def test_what_may_be_missing_is_not_green_and_says_why() -> None:
    wall = dossiers(overdue_lately=0)
    wall.rebuild(TRIMMED)
    assert wall.value("overdue_share", AT, window="total") == 0
    assert wall.status("overdue_share", AT) is Status.GREY
    assert reason(wall, "overdue_share") is GreyReason.LOST
    assert reason(wall, "backlog") is GreyReason.LOST


def test_what_is_red_by_what_is_known_stays_red(rebuilt: Wall) -> None:
    assert rebuilt.status("overdue_share", AT) is Status.YELLOW


def test_a_loss_that_is_accepted_is_judged_again_and_still_says_since_when() -> None:
    wall = dossiers(overdue_lately=0)
    wall.rebuild(TRIMMED)
    wall.accepted_before = AT
    assert wall.status("overdue_share", AT) is Status.GREEN
    assert "overdue_share" in since(wall)


def test_a_loss_after_the_one_that_is_accepted_is_none_that_is() -> None:
    wall = dossiers(overdue_lately=0)
    wall.rebuild(TRIMMED)
    wall.accepted_before = f"{NOW - timedelta(days=36):%Y-%m-%d %H:%M}"
    assert wall.status("overdue_share", AT) is Status.GREY


def test_a_share_of_plain_events_is_judged_again_once_its_window_has_passed() -> None:
    wall = Wall("social_listening", partitions=1)
    for number in range(240):
        said = {"sentiment": "neutral", "topic": "other", "channel": "press", "reach": 1}
        wall.send(
            "mention.collected", f"2025-10-31 {8 + number // 60:02}:{number % 60:02}", mention=f"m{number}", **said
        )
    wall.rebuild("2025-10-31 10:00")
    statuses = [wall.status("negative_ratio", f"2025-10-31 {at}") for at in ("11:00", "11:05", "11:10")]
    assert statuses == [Status.GREY, Status.GREY, Status.GREEN]


def test_nothing_with_limits_on_cases_reaches_back_less_than_to_their_opening() -> None:
    for slug, plan in packaged().subsystems.items():
        for name, kpi in plan.subsystem.kpis.items():
            limits = effective_limits(kpi)
            if limits is not None and kpi.kind in ("open", "overdue", "oldest", "open_longer_than"):
                assert oldest_read(plan.subsystem, name, limits.window, 1_764_000_000) == EVER, (slug, name)  # type: ignore[arg-type]


def test_topics_of_lifecycles_and_of_plans_are_no_telemetry() -> None:
    subsystems = {slug: plan.subsystem for slug, plan in packaged().subsystems.items()}
    assert telemetry_of(subsystems) == {"environment"}
    assert longest_window(subsystems["public_services"]) == 31 * DAY - 1
    assert longest_window(subsystems["social_listening"]) == 30 * DAY - 1
