"""docker-compose.yml agrees with the configuration it mounts. No container engine is needed, and none is started."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from streams.settings import Settings

ROOT = Path(__file__).parents[2]


def read(path: str) -> Any:
    return YAML(typ="safe", pure=True).load(ROOT / path)


SERVICES: dict[str, Any] = read("docker-compose.yml")["services"]


def test_every_mounted_path_exists() -> None:
    mounts = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    files = [mount for mount in mounts if mount.startswith("./")]
    assert files
    assert [mount for mount in files if not (ROOT / mount).exists()] == []


def test_only_localhost_is_published() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_prometheus_scrapes_the_ports_that_the_services_listen_on() -> None:
    jobs = read("dashboards/generated/prometheus/prometheus.yml")["scrape_configs"]
    scraped = {name: sd["port"] for job in jobs for sd in job.get("dns_sd_configs", []) for name in sd["names"]}
    listening = {
        "exporter": SERVICES["exporter"]["environment"]["IOC_EXPORTER_PORT"],
        "worker": SERVICES["worker"]["environment"]["IOC_WORKER_METRICS_PORT"],
    }
    assert {name: str(port) for name, port in scraped.items()} == listening


def test_every_variable_is_a_setting() -> None:
    names = {
        name
        for service in ("worker", "exporter", "cases", "topics")
        for name in SERVICES[service]["environment"]
        if name.startswith("IOC_")
    }
    assert {name.removeprefix("IOC_").lower() for name in names} <= set(Settings.model_fields)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_image_has_a_version(service: str) -> None:
    _, _, version = SERVICES[service]["image"].partition(":")
    assert version
    assert version != "latest"


def test_the_home_dashboard_is_there() -> None:
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "dashboards/generated/grafana/dashboards" / home.removeprefix("/etc/ioc/dashboards/")).is_file()
