import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from streams.stack import Service, SetupError, Stack, StackStep, StepState
from streams.stack.grafana import admin_password_file, start_grafana
from streams.stack.programs import Program, find_program

pytestmark = pytest.mark.prometheus

PROMETHEUS = """
scrape_configs:
  - job_name: prometheus
    scrape_interval: 200ms
    file_sd_configs: [{files: [targets/prometheus.json]}]
rule_files: [rules/*.yml]
alerting:
  alertmanagers:
    - file_sd_configs: [{files: [targets/alertmanager.json]}]
"""
RULES = "groups: [{name: one, interval: 200ms, rules: [{record: answer, expr: vector(42)}]}]"
ALERTMANAGER = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


def address(service: Service) -> str:
    return urlsplit(service.url).netloc


@pytest.fixture(scope="module")
def steps() -> list[StackStep]:
    return []


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, steps: list[StackStep]
) -> Iterator[tuple[Service, Service, Stack]]:
    config = tmp_path_factory.mktemp("config")
    (config / "rules").mkdir()
    (config / "rules" / "one.yml").write_text(RULES)
    (config / "prometheus.yml").write_text(PROMETHEUS)
    (config / "alertmanager.yml").write_text(ALERTMANAGER)
    with Stack(tmp_path_factory.mktemp("run"), steps.append) as stack:
        alertmanager = stack.start_alertmanager(config / "alertmanager.yml")
        prometheus = stack.start_prometheus(
            config / "prometheus.yml", targets={"alertmanager": [address(alertmanager)], "prometheus": []}
        )
        yield prometheus, alertmanager, stack


def test_progress_names_each_part_and_where_it_answers(
    services: tuple[Service, Service, Stack], steps: list[StackStep]
) -> None:
    prometheus, alertmanager, _ = services
    assert steps[:4] == [
        StackStep("alertmanager", StepState.STARTING),
        StackStep("alertmanager", StepState.READY, alertmanager.url),
        StackStep("prometheus", StepState.STARTING),
        StackStep("prometheus", StepState.READY, prometheus.url),
    ]


def test_prometheus_finds_alertmanager_by_its_target_file(services: tuple[Service, Service, Stack]) -> None:
    prometheus, alertmanager, _ = services
    found: list[str] = []

    def is_found() -> bool:
        data = httpx.get(f"{prometheus.url}/api/v1/alertmanagers", trust_env=False).json()["data"]
        found[:] = [each["url"] for each in data["activeAlertmanagers"]]
        return bool(found)

    prometheus.child.wait_until(is_found)
    assert found == [f"{alertmanager.url}/api/v2/alerts"]


def test_rules_beside_the_configuration_are_evaluated(services: tuple[Service, Service, Stack]) -> None:
    prometheus, _, _ = services
    values: list[str] = []

    def is_evaluated() -> bool:
        answer = httpx.get(f"{prometheus.url}/api/v1/query", params={"query": "answer"}, trust_env=False).json()
        values[:] = [each["value"][1] for each in answer["data"]["result"]]
        return bool(values)

    prometheus.child.wait_until(is_evaluated)
    assert values == ["42"]


def test_samples_are_kept_for_years(services: tuple[Service, Service, Stack]) -> None:
    prometheus, _, _ = services
    status = httpx.get(f"{prometheus.url}/api/v1/status/runtimeinfo", trust_env=False).json()
    assert status["data"]["storageRetention"] == "10y"


def test_both_listen_on_one_loopback_address_only(services: tuple[Service, Service, Stack]) -> None:
    for service in services[:2]:
        port = urlsplit(service.url).port
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)


def test_another_web_site_may_not_read_prometheus(services: tuple[Service, Service, Stack]) -> None:
    prometheus, _, _ = services
    answer = httpx.get(f"{prometheus.url}/api/v1/labels", headers={"Origin": "http://example.org"}, trust_env=False)
    assert "access-control-allow-origin" not in answer.headers


def test_page_of_prometheus_has_its_scripts(services: tuple[Service, Service, Stack]) -> None:
    prometheus, _, _ = services
    page = httpx.get(f"{prometheus.url}/classic/graph", trust_env=False)
    if page.status_code != httpx.codes.OK:
        pytest.skip("only Debian's build has pages in files of their own")
    scripts = [part.split('"')[0] for part in page.text.split('src="')[1:]]
    assert scripts
    assert {httpx.get(prometheus.url + path, trust_env=False).status_code for path in scripts} == {httpx.codes.OK}


def test_rule_file_of_an_earlier_run_is_forgotten(tmp_path: Path) -> None:
    config, run = tmp_path / "config", tmp_path / "run"
    (config / "rules").mkdir(parents=True)
    (config / "prometheus.yml").write_text(PROMETHEUS)
    earlier = run / "prometheus" / "config" / "rules" / "earlier.yml"
    earlier.parent.mkdir(parents=True)
    earlier.write_text(RULES)
    with Stack(run) as stack:
        prometheus = stack.start_prometheus(config / "prometheus.yml")
        groups = httpx.get(f"{prometheus.url}/api/v1/rules", trust_env=False).json()["data"]["groups"]
    assert groups == []


def test_run_folder_inside_the_configuration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(PROMETHEUS)
    with Stack(tmp_path / "run") as stack, pytest.raises(ValueError, match="choose a run folder elsewhere"):
        stack.start_prometheus(tmp_path / "prometheus.yml")


def test_logs_are_one_file_per_part(services: tuple[Service, Service, Stack]) -> None:
    _, _, stack = services
    assert {path.name for path in stack.logs.iterdir()} == {"alertmanager.log", "prometheus.log"}


def test_promtool_and_amtool_check_files(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER)
    rules = [str(find_program(Program.PROMTOOL)), "check", "rules", str(tmp_path / "rules.yml")]
    config = [str(find_program(Program.AMTOOL)), "check-config", str(tmp_path / "alertmanager.yml")]
    for command in (rules, config):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        assert "SUCCESS" in result.stdout


def test_absent_grafana_is_said_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    steps: list[StackStep] = []
    with Stack(tmp_path / "run", steps.append) as stack:
        assert stack.start_grafana(tmp_path / "provisioning") is None
    assert steps == [StackStep("grafana", StepState.ABSENT)]


def test_grafana_without_its_own_files_names_the_fix(tmp_path: Path) -> None:
    if Path("/usr/share/grafana/conf/defaults.ini").exists():
        pytest.skip("a whole Grafana is installed")
    program = tmp_path / "bin" / "grafana"
    with Stack(tmp_path / "run") as stack, pytest.raises(SetupError, match="put the bin folder of a whole Grafana"):
        start_grafana(stack.children, tmp_path / "grafana", program, tmp_path / "provisioning")


def test_admin_password_is_random_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = admin_password_file(tmp_path / "one")
    password = path.read_text()
    assert len(password) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert admin_password_file(tmp_path / "one").read_text() == password
    assert admin_password_file(tmp_path / "other").read_text() != password


def test_temporary_run_folder_is_removed_unless_an_error_left_logs() -> None:
    with Stack() as stack:
        pass
    assert not stack.folder.exists()

    with pytest.raises(RuntimeError), Stack() as failed:
        raise RuntimeError
    assert failed.logs.is_dir()
    failed.logs.rmdir()
    failed.folder.rmdir()
