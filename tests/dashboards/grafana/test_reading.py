"""How figures and tables read: units, widths, and what the one on call sees."""

import re
from pathlib import Path

from dashboards.grafana.units import unit_word
from dashboards.rules import rule_files
from dashboards.rules.limited import limited_kpis
from tests.dashboards.grafana.test_grafana import CATALOGUE, SHOWN, overrides_of, titled


def test_every_figure_reads_in_the_browsers_language_with_its_unit_in_the_title() -> None:
    for path, panel in SHOWN:
        subsystem = CATALOGUE.subsystems.get(Path(path).stem)
        if subsystem is None or panel["type"] not in ("stat", "timeseries"):
            continue
        kpis = [
            kpi for kpi in subsystem.kpis.values() if panel["title"].startswith(f"{kpi.name.of('vi').capitalize()} (")
        ]
        assert panel["fieldConfig"]["defaults"]["unit"] not in ("percentunit", "percent"), panel["title"]
        for kpi in kpis:
            word = unit_word(kpi.unit, "vi")
            assert not word or f"({word}" in panel["title"], panel["title"]


def test_no_column_of_the_worst_places_is_cut() -> None:
    for path, panel in SHOWN:
        if panel["type"] == "table" and Path(path).stem in {*CATALOGUE.subsystems, "ranking", "unit"}:
            shown = set(panel["transformations"][-1]["options"]["renameByName"].values())
            widths = {
                override["matcher"]["options"]: properties.get("custom.width", properties.get("custom.minWidth", 150))
                for override in overrides_of(panel)
                for properties in [{each["id"]: each["value"] for each in override["properties"]}]
            }
            width = sum(widths.get(title, 150) for title in shown)
            assert width <= panel["gridPos"]["w"] * 1904 / 24 - 24, (path, panel["title"], width)


def test_no_change_is_written_as_minus_nothing() -> None:
    """To two digits -0.003 is -0, so what is shown is rounded, and 0 added: of a -0 that makes 0."""
    changes = 0
    for path, panel in SHOWN:
        for target in panel.get("targets", []):
            if "$ago" not in target["expr"] or " - " not in target["expr"] or panel["type"] == "canvas":
                continue
            if Path(path).stem == "unit" and "count by" in target["expr"]:
                continue  # places in a ranking are whole
            changes += 1
            assert re.search(r"round\(.+, 0\.01\) \+ 0", target["expr"], re.DOTALL), (path, panel["title"])
    assert changes > 30


def test_a_table_is_one_whatever_of_it_is_empty() -> None:
    """Grafana 12 merges by what every answer has: an empty one has its time only, and a line has none."""
    drawn = 0
    for path, panel in SHOWN:
        if panel["type"] != "table" or len(panel["targets"]) == 1:
            continue
        *steps, last = panel["transformations"]
        assert last["id"] == "organize"
        lines = {target["refId"] for target in panel["targets"] if target["range"]}
        values = {target["refId"] for target in panel["targets"]} - lines
        assert not {name for name in last["options"]["includeByName"] if name in {f"Value #{ref}" for ref in lines}}
        if not lines:
            assert [step["id"] for step in steps] == ["merge"]
            continue
        drawn += 1
        to_lines, to_values, all_of_it = steps
        assert (to_lines["id"], to_values["id"], all_of_it) == (
            "timeSeriesTable",
            "merge",
            {"id": "merge", "options": {}},
        )
        for step, refs in ((to_lines, lines), (to_values, values)):
            pattern = re.compile(step["filter"]["options"].strip("/"))
            assert {target["refId"] for target in panel["targets"] if pattern.match(target["refId"])} == refs, path
    assert drawn > 20


def test_the_one_on_call_sees_where_how_much_against_which_limit_and_who_has_it() -> None:
    panel = titled("dashboards/vi/on_call.json", "Cảnh báo đang mở")
    shown = list(panel["transformations"][-1]["options"]["renameByName"].values())
    assert {"Nơi xấu nhất", "Giá trị ở đó", "Toàn tỉnh", "Ngưỡng", "Từ lúc", "Loại", "Nhận"} <= set(shown)
    properties = {o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]} for o in overrides_of(panel)}
    limits = properties["Ngưỡng"]["mappings"][0]["options"]
    assert limits["public_services/overdue_share/critical"]["text"] == "≥ 3 %"
    alerts = properties["Cảnh báo"]["mappings"][0]["options"]
    assert alerts["IocExporterAbsent"]["text"] == "Không có exporter nào trả lời"
    fired = {name for text in rule_files(CATALOGUE).values() for name in re.findall(r"alert: (\w+)", text)}
    assert len(fired) > 40
    assert fired < set(alerts)
    assert not any("{{" in told["text"] for told in alerts.values())
    for subsystem in CATALOGUE.subsystems.values():
        for kpi in limited_kpis(subsystem):
            for severity in kpi.limits.severities:
                assert f"{subsystem.subsystem}/{kpi.slug}/{severity}" in limits
    links = [link["url"] for each in properties.values() for link in each.get("links", [])]
    assert {"${relay}/", "${relay}/runbooks/${__value.raw:percentencode}"} < set(links)
    # "critical" before "warning", the oldest first.
    assert [(sort["displayName"], sort["desc"]) for sort in panel["options"]["sortBy"]] == [
        ("Mức", False),
        ("Từ lúc", False),
    ]
