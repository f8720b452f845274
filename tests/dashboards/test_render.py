"""What is generated from the catalogue is committed, and Prometheus' and Alertmanager's own tools accept it."""

import difflib
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dashboards.alertmanager_config import alertmanager_config
from dashboards.prometheus_config import Access, Dns, File, Static, prometheus_config
from dashboards.render import GENERATORS, differences, render, write
from dashboards.rules import RUNBOOKS as RUNBOOKS_URL
from dashboards.rules.names import EXPORTER_JOB, RELAY_JOB
from dashboards.runbooks import FOLDER as RUNBOOKS
from ioc.catalogue import Catalogue, load
from ioc.cli.render import derived_files
from streams.settings.settings import load_settings
from streams.stack.programs import Program, find_program

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "dashboards" / "generated"
PROMETHEUS = GENERATED / "prometheus"
ALERTMANAGER = GENERATED / "alertmanager"
NATION = GENERATED / "nation"


def tool(program: Program, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(find_program(program)), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rules_of(folder: Path) -> list[dict[str, object]]:
    yaml = YAML(typ="safe")
    return [
        rule
        for path in sorted(folder.glob("rules/*.yml"))
        for group in yaml.load(path)["groups"]
        for rule in group["rules"]
    ]


@pytest.fixture(scope="module")
def rendered(catalogue: Catalogue) -> dict[str, str]:
    return render(catalogue)


def test_what_is_committed_is_what_the_catalogue_gives(catalogue: Catalogue) -> None:
    assert differences(ROOT, derived_files(catalogue, load_settings())) == [], (
        "run `ioc render` and commit what it writes"
    )


def test_writing_makes_what_differs_and_removes_what_is_no_longer_generated(
    rendered: dict[str, str], tmp_path: Path
) -> None:
    assert write(tmp_path, rendered) == sorted(rendered)
    name = next(name for name in rendered if name.startswith("dashboards/generated/prometheus/rules/"))
    stranger = tmp_path / Path(name).parent / "thirteenth.yml"
    (tmp_path / name).write_text("changed by hand")
    stranger.write_text("of a subsystem that is gone")
    assert write(tmp_path, rendered) == sorted([name, str(stranger.relative_to(tmp_path))])
    assert differences(tmp_path, rendered) == []
    assert not stranger.exists()


def test_generated_yaml_says_so_and_how_to_make_it_anew() -> None:
    paths = [*GENERATED.rglob("*.yml"), *GENERATED.rglob("*.yaml")]
    assert {path.relative_to(GENERATED).parts[0] for path in paths} == {
        "prometheus",
        "alertmanager",
        "grafana",
        "nation",
    }
    for path in paths:
        first, *_ = path.read_text().splitlines()
        assert "generated" in first
        assert "ioc render" in first


def test_reviews_fold_every_folder_in_which_nobody_writes() -> None:
    marked = (ROOT / ".gitattributes").read_text().splitlines()
    for folder in GENERATORS.keys() - {RUNBOOKS}:
        whole = "dashboards/generated" if folder.startswith("dashboards/generated/") else folder
        assert f"/{whole}/** linguist-generated=true" in marked


def test_dashboards_and_rules_together_have_fewer_than_20000_lines() -> None:
    lengths = [len(path.read_text().splitlines()) for path in GENERATED.rglob("*") if path.is_file()]
    assert len(lengths) > 40
    assert sum(lengths) < 20_000


@pytest.mark.parametrize("name", ["vi: Tỷ lệ đang xử lý quá hạn", "en: Overdue share"])
def test_the_name_of_the_kpi_on_most_panels_is_a_diff_of_fewer_than_60_lines(
    name: str, rendered: dict[str, str], tmp_path: Path
) -> None:
    text = (ROOT / "ioc/catalogue/subsystems/public_services.yaml").read_text()
    assert text.count(name) == 1
    changed = tmp_path / "public_services.yaml"
    changed.write_text(text.replace(name, f"{name} (khác)"))
    before, after = rendered, render(load(extra=[changed]))
    assert before.keys() == after.keys()
    diff = [
        line
        for path in before
        for line in difflib.unified_diff(before[path].splitlines(), after[path].splitlines(), "", "", n=0, lineterm="")
        if line.startswith(("+", "-")) and line not in {"--- ", "+++ "}
    ]
    assert 20 < len(diff) < 60


@pytest.mark.prometheus
def test_promtool_accepts_every_rule_without_a_remark() -> None:
    files = [*PROMETHEUS.glob("rules/*.yml"), *(NATION / "prometheus").glob("rules/*.yml")]
    result = tool(Program.PROMTOOL, "check", "rules", "--lint=all", "--lint-fatal", *files)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.prometheus
@pytest.mark.parametrize("folder", [PROMETHEUS, NATION / "prometheus"], ids=["province", "nation"])
def test_promtool_accepts_the_configuration_of_docker_compose(folder: Path) -> None:
    result = tool(Program.PROMTOOL, "check", "config", "--syntax-only", folder / "prometheus.yml")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.prometheus
def test_promtool_accepts_a_configuration_of_files_and_addresses(tmp_path: Path) -> None:
    shutil.copytree(PROMETHEUS / "rules", tmp_path / "rules")
    (tmp_path / "token").write_text("secret")
    (tmp_path / "ca.pem").write_text("not read here")
    config = prometheus_config(
        exporters=Static(["127.0.0.1:9464"]),
        workers=File("targets/worker.json"),
        alertmanagers=File("targets/alertmanager.json"),
        relays=Static(["127.0.0.1:9095"]),
        nodes=Static(["127.0.0.1:9100"]),
        prometheus=Dns("prometheus", 9090),
        access={EXPORTER_JOB: Access("token", "ca.pem"), RELAY_JOB: Access("token")},
    )
    (tmp_path / "prometheus.yml").write_text(config)
    result = tool(Program.PROMTOOL, "check", "config", tmp_path / "prometheus.yml")
    assert result.returncode == 0, result.stdout + result.stderr
    number = len([*(tmp_path / "rules").glob("*.yml")])
    assert f"{number} rule files found" in result.stdout.replace("SUCCESS: ", "")


@pytest.mark.prometheus
@pytest.mark.parametrize("token_file", [None, "token"])
def test_amtool_accepts_alertmanagers_configuration_with_and_without_a_token(
    token_file: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(alertmanager_config(load(), "http://127.0.0.1:9999", token_file=token_file))
    result = tool(Program.AMTOOL, "check-config", path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.prometheus
@pytest.mark.parametrize("alert_class", ["page", "digest", "heartbeat"])
def test_each_class_of_alert_has_a_route_of_its_own(alert_class: str) -> None:
    config = f"--config.file={ALERTMANAGER / 'alertmanager.yml'}"
    result = tool(Program.AMTOOL, "config", "routes", "test", config, f"class={alert_class}", "subsystem=health")
    assert result.stdout.strip() == alert_class


@pytest.mark.prometheus
def test_an_alert_without_a_class_wakes_somebody() -> None:
    config = f"--config.file={ALERTMANAGER / 'alertmanager.yml'}"
    result = tool(Program.AMTOOL, "config", "routes", "test", config, "subsystem=health")
    assert result.stdout.strip() == "page"


def test_no_alert_is_without_runbook_class_severity_and_both_languages() -> None:
    alerts = [rule for rule in rules_of(PROMETHEUS) + rules_of(NATION / "prometheus") if "alert" in rule]
    assert len(alerts) > 60
    for alert in alerts:
        annotations, labels = alert["annotations"], alert["labels"]
        assert isinstance(annotations, dict)
        assert isinstance(labels, dict)
        assert annotations.keys() >= {"summary_vi", "summary_en", "details_vi", "details_en", "runbook_url"}
        assert all(annotations.values())
        assert annotations["runbook_url"] == f"{RUNBOOKS_URL}/{alert['alert']}"
        assert labels["class"] in {"page", "digest", "heartbeat"}
        assert labels["severity"] in {"critical", "warning", "none"}
        assert labels["layer"] in {"kpi", "feed", "platform", "nation"}


def test_no_rule_makes_green_out_of_nothing() -> None:
    rules = rules_of(PROMETHEUS) + rules_of(NATION / "prometheus")
    assert not [rule for rule in rules if "or vector(0)" in " ".join(str(rule["expr"]).split())]


def test_a_limit_of_a_thirteenth_subsystem_has_rules_with_no_more_than_its_file(tmp_path: Path) -> None:
    twelfth = (ROOT / "ioc/catalogue/subsystems/tourism.yaml").read_text()
    file = tmp_path / "heritage.yaml"
    file.write_text(twelfth.replace("subsystem: tourism", "subsystem: heritage").replace("order: 12", "order: 13"))
    files = render(load(extra=[file]))
    assert "IocHeritageCrowdRatio" in files["dashboards/generated/prometheus/rules/heritage.yml"]
