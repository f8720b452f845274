"""The nation's rules, run by promtool: what is believed of a province, both sides of every limit, and who is told."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dashboards.nation.alerts import NATION_CUT_OFF, OWN, PROVINCE_RED, PROVINCE_SILENT, PROVINCES_RED, RED_HOLD
from dashboards.nation.names import (
    BRIDGED,
    CELL_GREY_REASON,
    CELL_STATUS,
    FEDERATION,
    OLD,
    PROVINCE_DOUBT,
    PROVINCE_INFO,
    PROVINCE_SCORE,
    PROVINCE_STATUS,
    STANDING,
    Doubt,
)
from dashboards.nation.rules import of_counted
from dashboards.nation.wall import national_wall
from dashboards.rules.names import EXPORTER_FRESH
from dashboards.rules.platform import platform_alerts
from dashboards.rules.timing import LEAD, PLATFORM_HOLD
from ioc.kpis import metric_names
from ioc.kpis.status import GreyReason, Status
from tests.dashboards.nation.four import NAMES, NATION
from tests.dashboards.rules.scenes import Scene, braces, run
from tests.packaged import packaged_catalogue

pytestmark = pytest.mark.prometheus

STEP = FEDERATION
SUBSYSTEMS = list(packaged_catalogue().subsystems)
MINUTE = 60 // STEP
TOLD = STEP + RED_HOLD
"""When what is red from the beginning is told: a clock that was read once is not known to move."""
HEALTH = {"subsystem": "health"}

_PAGE = national_wall(packaged_catalogue(), NATION, "vi").as_json()
_ASKED = [target["expr"] for panel in _PAGE["panels"] for target in panel["targets"]]
ROWS = next(expr for expr in _ASKED if "topk(" in expr)
"""What the wall asks for its rows."""
COUNTS = next(expr for expr in _ASKED if '"silent"' in expr)
"""What it asks for the figures of its header."""

Time = Callable[[int], float | None]
"""What is said at a second, if anything."""


def always(value: float) -> Time:
    return lambda now: value


class Nation(Scene):
    """Provinces as the nation reads them, by default all well and all subsystems green."""

    def __init__(self, name: str, length: int = 2 * MINUTE, *, silent: tuple[str, ...] = ()) -> None:
        super().__init__(name, STEP, length)
        for code in NAMES:
            if code not in silent:
                self.province(code)

    def say(self, metric: str, said: Time, **labels: str) -> None:
        each = (said(step * STEP) for step in range(self.length))
        self.series[metric + braces(labels)] = [None if value is None else float(value) for value in each]

    def province(
        self,
        code: str,
        statuses: Mapping[str, Status] | None = None,
        *,
        judged: Time = lambda now: now - 10,
        clock: Time = lambda now: now + 1e9,
        reads: Callable[[int], bool] = lambda now: True,
    ) -> None:
        """One that answers while it ``reads``, and says nothing in between."""

        def read(said: Time) -> Time:
            return lambda now: said(now) if reads(now) else None

        exporter = {"province": code, "job": "ioc-exporter", "instance": "exporter:9464"}
        self.say("up", lambda now: float(reads(now)), job=f"ioc-province-{code}", instance="p:443", province=code)
        self.say(metric_names.CLOCK, read(clock), **exporter)
        for slug in SUBSYSTEMS:
            status = (statuses or {}).get(slug, Status.GREEN)
            self.say(metric_names.SUBSYSTEM_STATUS, read(always(status)), province=code, subsystem=slug)
            self.say(metric_names.SUBSYSTEM_JUDGED, read(judged), province=code, subsystem=slug)

    def cells(self, second: int, code: str, status: Status, reason: int | None = None) -> "Nation":
        """Expect of all twelve cells of a province the same."""
        step, only = second // STEP, braces({"province": code})
        expected = [({"subsystem": slug}, float(status)) for slug in SUBSYSTEMS]
        self.expect(step, f"sum by (subsystem) ({CELL_STATUS}{only})", *expected)
        reasons = [] if reason is None else [({"subsystem": slug}, float(reason)) for slug in SUBSYSTEMS]
        self.expect(step, f"sum by (subsystem) ({CELL_GREY_REASON}{only})", *reasons)
        return self

    def cell(self, second: int, code: str, subsystem: str, status: Status, reason: int | None = None) -> "Nation":
        only = braces({"province": code, "subsystem": subsystem})
        self.expect_value(second // STEP, f"sum({CELL_STATUS}{only})", status)
        self.expect_value(second // STEP, f"sum({CELL_GREY_REASON}{only})", reason)
        return self

    def fires(self, second: int, *alerts: tuple[str, str]) -> "Nation":
        """Expect exactly these alerts of the nation: (name, province or subsystem)."""
        expression = 'count by (alertname, province, subsystem) (ALERTS{layer="nation",alertstate="firing"})'
        found = [
            {"alertname": name, "subsystem": of if of in SUBSYSTEMS else "platform"}
            | ({"province": of} if of in NAMES else {})
            for name, of in alerts
        ]
        self.expect(second // STEP, expression, *((labels, 1) for labels in found))
        return self


def test_what_provinces_say_of_now_is_believed_as_they_say_it(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("well", silent=("25",))
    scene.province("25", {"health": Status.RED, "education": Status.YELLOW, "tourism": Status.GREY})
    scene.cells(60, "01", Status.GREEN).cell(60, "25", "health", Status.RED)
    scene.cell(60, "25", "education", Status.YELLOW).cell(60, "25", "statistics", Status.GREEN)
    scene.cell(60, "25", "tourism", Status.GREY, GreyReason.NO_DATA)
    scene.expect(
        60 // STEP,
        f"sum by (province) ({PROVINCE_STATUS})",
        *(({"province": code}, 3 if code == "25" else 1) for code in NAMES),
    )
    assert run(tmp_path, national, scene.fires(60)) == ""


def test_what_was_never_heard_is_grey_and_there(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("nothing", silent=tuple(NAMES))
    for code in NAMES:
        scene.cells(0, code, Status.GREY, Doubt.NO_ANSWER)
    assert run(tmp_path, national, scene) == ""


def test_a_province_that_does_not_answer_is_grey_once_no_reading_is_bridged(
    tmp_path: Path, national: list[Path]
) -> None:
    scene = Nation("dead", silent=("25",))
    scene.province("25", reads=lambda now: now <= 60)
    scene.cells(60 + BRIDGED, "25", Status.GREEN)
    scene.cells(60 + BRIDGED + STEP, "25", Status.GREY, Doubt.NO_ANSWER).cells(60 + BRIDGED + STEP, "01", Status.GREEN)
    assert BRIDGED + STEP <= 20
    assert run(tmp_path, national, scene) == ""


def test_a_reading_that_fails_now_and_then_makes_nothing_grey(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("shaky", silent=("25",))
    scene.province("25", reads=lambda now: now % 15 == 0)
    for second in range(60, 90, STEP):
        scene.cells(second, "25", Status.GREEN)
    assert run(tmp_path, national, scene) == ""


def test_a_status_counts_only_while_it_is_judged_now(tmp_path: Path, national: list[Path]) -> None:
    scenes = []
    cases: dict[str, tuple[Time, Status, int | None]] = {
        "old enough": (lambda now: now - OLD, Status.GREEN, None),
        "too old": (lambda now: now - OLD - 1, Status.GREY, Doubt.NOT_JUDGED),
        "ahead enough": (lambda now: now + OLD, Status.GREEN, None),
        "too far ahead": (lambda now: now + OLD + 1, Status.GREY, Doubt.CLOCK_AHEAD),
        "stands": (always(40), Status.GREY, Doubt.NOT_JUDGED),
        "says nothing": (lambda now: None, Status.GREY, Doubt.NOT_JUDGED),
    }
    for name, (judged, status, reason) in cases.items():
        scene = Nation(name, silent=("25",))
        scene.province("25", judged=judged)
        scenes.append(scene.cells(90, "25", status, reason).cells(90, "01", Status.GREEN))
    assert run(tmp_path, national, *scenes) == ""


def test_figures_read_at_a_moment_that_does_not_move_are_grey(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("stands", 3 * MINUTE, silent=("25",))
    scene.province("25", clock=lambda now: min(now, 30) + 1e9)
    scene.cells(25 + STANDING, "25", Status.GREEN)
    scene.cells(25 + STANDING + STEP, "25", Status.GREY, Doubt.FIGURES_STAND)
    assert run(tmp_path, national, scene) == ""


def test_of_two_exporters_one_may_stand(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("one stands", 3 * MINUTE)
    scene.say(metric_names.CLOCK, always(7.0), province="25", job="ioc-exporter", instance="other:9464")
    assert run(tmp_path, national, scene.cells(150, "25", Status.GREEN)) == ""


def test_a_subsystem_whose_rules_stand_is_grey_alone(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("one group")
    scene.say(metric_names.SUBSYSTEM_JUDGED, lambda now: min(now, 30), province="25", subsystem="health")
    scene.cell(30 + OLD, "25", "health", Status.GREEN)
    scene.cell(30 + OLD + STEP, "25", "health", Status.GREY, Doubt.NOT_JUDGED)
    scene.cell(30 + OLD + STEP, "25", "education", Status.GREEN)
    assert run(tmp_path, national, scene.fires(90)) == ""


def test_the_provinces_own_reason_stands_on_the_nations_wall(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("reasons", silent=("25",))
    scene.province("25", {"health": Status.GREY, "education": Status.GREY})
    headline = packaged_catalogue().subsystems["health"].headline
    reason = metric_names.KPI_GREY_REASON
    scene.say(reason, always(GreyReason.BEHIND), province="25", kpi=headline, window="total", **HEALTH)
    scene.say(reason, always(GreyReason.FEED_SILENT), province="25", kpi="other", window="total", **HEALTH)
    for kpi, other in (("one", GreyReason.LOST), ("two", GreyReason.NOT_DUE)):
        scene.say(reason, always(other), province="25", subsystem="education", kpi=kpi, window="today")
    scene.cell(60, "25", "health", Status.GREY, GreyReason.BEHIND)
    scene.cell(60, "25", "education", Status.GREY, GreyReason.NOT_DUE)
    assert run(tmp_path, national, scene) == ""


def test_what_is_no_status_is_grey(tmp_path: Path, national: list[Path]) -> None:
    scenes = []
    for odd in (float("nan"), -1.0, 4.0, float("inf")):
        scene = Nation(f"{odd}")
        scene.say(metric_names.SUBSYSTEM_STATUS, always(odd), province="25", **HEALTH)
        scenes.append(scene.cell(60, "25", "health", Status.GREY, GreyReason.NO_DATA))
    assert run(tmp_path, national, *scenes) == ""


def test_a_province_or_subsystem_that_is_in_no_file_has_no_cell(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("stranger")
    scene.province("99")
    scene.say(metric_names.SUBSYSTEM_STATUS, always(3.0), province="25", subsystem="heritage")
    scene.say(metric_names.SUBSYSTEM_JUDGED, lambda now: now, province="25", subsystem="heritage")
    for metric in (CELL_STATUS, PROVINCE_STATUS, PROVINCE_SCORE):
        found = [({"province": code}, 12 if metric == CELL_STATUS else 1) for code in NAMES]
        scene.expect(60 // STEP, f"count by (province) ({metric})", *found)
    assert run(tmp_path, national, scene) == ""


def test_the_silent_stand_before_the_red_and_no_two_provinces_share_a_place(
    tmp_path: Path, national: list[Path]
) -> None:
    scene = Nation("order", silent=("96", "25"))
    scene.province("25", {"health": Status.RED})
    scene.province("96", reads=lambda now: False)
    order = {"96": 0, "25": 1, "01": 2, "48": 3}
    for code, place in order.items():
        only = braces({"province": code})
        better = f"count({PROVINCE_SCORE} > on () group_left () sum({PROVINCE_SCORE}{only}))"
        scene.expect_value(60 // STEP, better, place or None)
    assert run(tmp_path, national, scene) == ""


def test_the_wall_shows_each_province_once(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("rules run", silent=("25",))
    # Before it is told that the relay is absent, too.
    scene.expect(50 // STEP, f"count by (province) ({ROWS})", *(({"province": code}, 1) for code in NAMES))
    counts = ({"field": "silent"}, 1), ({"field": "red"}, 0), ({"field": "alerts"}, 1)
    scene.expect(50 // STEP, f"max by (field) ({COUNTS})", *counts)
    assert run(tmp_path, national, scene) == ""


def test_the_wall_is_empty_once_the_nations_own_rules_stand(tmp_path: Path) -> None:
    """What was recorded last is there for five minutes more."""
    (tmp_path / "none.yml").write_text("groups: []\n")
    scene = Scene("rules stand", STEP, 2 * MINUTE)
    for metric, labels in (
        (PROVINCE_SCORE, {"province": "25"}),
        (PROVINCE_INFO, {"province": "25", "grafana": "g"}),
        (CELL_STATUS, {"province": "25", **HEALTH}),
    ):
        scene.series[metric + braces(labels)] = [1.0 if step * STEP <= 60 else None for step in range(scene.length)]
    for second, shown in ((60 + OLD, 1), (60 + OLD + STEP, None)):
        scene.expect_value(second // STEP, f"count({ROWS})", shown)
        scene.expect_value(second // STEP, f"count({COUNTS})", shown and 2)
        scene.expect_value(second // STEP, f"count({CELL_STATUS})", 1)
    assert run(tmp_path, [tmp_path / "none.yml"], scene) == ""


def test_an_exporter_left_behind_in_one_province_hides_nothing_of_another(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("behind")
    metric = "ioc_public_services_overdue_share_ratio"
    for code, instance, fresh, value in (
        ("01", "exporter:9464", 1.0, 0.25),
        ("25", "exporter:9464", 0.0, 0.5),
        ("25", "other:9464", 1.0, 0.125),
    ):
        where = {"province": code, "job": "ioc-exporter", "instance": instance}
        scene.say(metric, always(value), window="total", **where)
        scene.say(EXPORTER_FRESH, always(fresh), province=code, instance=instance)
    expected = [({"province": "01"}, 0.25), ({"province": "25"}, 0.125)]
    scene.expect(60 // STEP, f"max by (province) ({of_counted(metric)})", *expected)
    assert run(tmp_path, national, scene) == ""


def test_a_silent_province_is_told_of_by_name_after_its_hold(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("told", 3 * MINUTE, silent=("25",))
    scene.province("25", reads=lambda now: now <= 60)
    grey = 60 + BRIDGED + STEP
    scene.fires(grey + PLATFORM_HOLD - STEP).fires(grey + PLATFORM_HOLD, (PROVINCE_SILENT, "25"))
    scene.alerts.append(
        {
            "eval_time": f"{grey + PLATFORM_HOLD}s",
            "alertname": PROVINCE_SILENT,
            "exp_alerts": [
                {
                    "exp_labels": {
                        "province": "25",
                        "name_vi": "Phú Thọ",
                        "name_en": "province 25",
                        "subsystem": "platform",
                        "layer": "nation",
                        "severity": "critical",
                        "class": "page",
                    },
                    "exp_annotations": {
                        "summary_vi": "Tỉnh im lặng: Phú Thọ",
                        "summary_en": "A province is silent: province 25",
                        "details_vi": "Tỉnh không trả lời. Mọi ô của tỉnh hiển thị màu xám; "
                        "màn hình của chính tỉnh có thể vẫn chạy.",
                        "details_en": "Does not answer. All its cells are grey; the province's own wall may be well.",
                        "runbook_url": f"http://127.0.0.1:9/{PROVINCE_SILENT}",
                    },
                }
            ],
        }
    )
    assert run(tmp_path, national, scene) == ""


def test_half_of_the_provinces_silent_is_the_nations_own_line_and_told_before_them(
    tmp_path: Path, national: list[Path]
) -> None:
    length = 3 * MINUTE
    one, half = Nation("one", length, silent=("25",)), Nation("half", length, silent=("25", "96"))
    for scene, dead in ((one, ("25",)), (half, ("25", "96"))):
        for code in dead:
            scene.province(code, reads=lambda now: now <= 60)
    grey = 60 + BRIDGED + STEP
    first = grey + PLATFORM_HOLD - LEAD
    one.fires(first)
    half.fires(first - STEP).fires(first, (NATION_CUT_OFF, ""))
    half.fires(first + LEAD, (NATION_CUT_OFF, ""), (PROVINCE_SILENT, "25"), (PROVINCE_SILENT, "96"))
    assert run(tmp_path, national, one, half) == ""


def test_a_province_that_stands_still_is_no_fault_of_the_nations_line(tmp_path: Path, national: list[Path]) -> None:
    scene = Nation("stand", silent=("25", "96"))
    for code in ("25", "96"):
        scene.province(code, judged=always(0))
    for code in ("25", "96"):
        scene.expect_value(90 // STEP, f"sum({PROVINCE_DOUBT}{braces({'province': code})})", Doubt.NOT_JUDGED)
    assert run(tmp_path, national, scene.fires(90, (PROVINCE_SILENT, "25"), (PROVINCE_SILENT, "96"))) == ""


def test_the_same_subsystem_red_in_three_provinces_is_told_with_their_names(
    tmp_path: Path, national: list[Path]
) -> None:
    scenes = []
    for number in (2, 3):
        red = list(NAMES)[:number]
        scene = Nation(f"{number} red", TOLD // STEP + 2, silent=tuple(red))
        for code in red:
            scene.province(code, {"health": Status.RED})
        scenes.append(scene.fires(TOLD - STEP).fires(TOLD, *([(PROVINCES_RED, "health")] if number == 3 else [])))
    name = packaged_catalogue().subsystems["health"].name
    expected = {
        "exp_labels": {**HEALTH, "layer": "nation", "severity": "critical", "class": "page"},
        "exp_annotations": {
            "summary_vi": f"Nhiều tỉnh cùng cần xử lý: {name.vi}, 3 tỉnh",
            "summary_en": f"Red in several provinces: {name.en}, 3 provinces",
            "details_vi": "Hà Nội, Phú Thọ, Đà Nẵng. Cùng lúc ở nhiều tỉnh: hãy tìm nguyên nhân chung.",
            "details_en": "province 01, province 25, province 48. "
            "At once in several: look for what they have in common.",
            "runbook_url": f"http://127.0.0.1:9/{PROVINCES_RED}",
        },
    }
    scenes[-1].alerts.append({"eval_time": f"{TOLD}s", "alertname": PROVINCES_RED, "exp_alerts": [expected]})
    assert run(tmp_path, national, *scenes) == ""


def test_a_province_with_three_red_subsystems_is_in_the_digest(tmp_path: Path, national: list[Path]) -> None:
    scenes = []
    for number in (2, 3):
        scene = Nation(f"{number} red", TOLD // STEP + 2, silent=("25",))
        scene.province("25", dict.fromkeys(SUBSYSTEMS[:number], Status.RED))
        scenes.append(scene.fires(TOLD - STEP).fires(TOLD, *([(PROVINCE_RED, "25")] if number == 3 else [])))
    assert run(tmp_path, national, *scenes) == ""


def test_every_alert_of_the_nations_own_platform_is_one_of_a_provinces() -> None:
    assert set(OWN) <= {alert.alert for alert in platform_alerts()}
