"""docker-compose.yml agrees with the configuration it mounts. No container engine is needed, and none is started."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from streams.relay.contacts import load_contacts
from streams.settings import Settings

ROOT = Path(__file__).parents[2]


def read(path: str) -> Any:
    return YAML(typ="safe", pure=True).load(ROOT / path)


COMPOSE = read("docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]


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
        for service in ("worker", "exporter", "cases", "topics", "relay")
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


def test_alertmanager_and_prometheus_know_the_relays_port_and_token() -> None:
    port = SERVICES["relay"]["environment"]["IOC_RELAY_PORT"]
    token = "/run/secrets/relay_token"
    receivers = read("dashboards/generated/alertmanager/alertmanager.yml")["receivers"]
    hooks = [hook for receiver in receivers for hook in receiver["webhook_configs"]]
    assert {hook["url"].rpartition("/")[0] for hook in hooks} == {f"http://relay:{port}"}
    assert {hook["http_config"]["authorization"]["credentials_file"] for hook in hooks} == {token}
    jobs = {job["job_name"]: job for job in read("dashboards/generated/prometheus/prometheus.yml")["scrape_configs"]}
    assert jobs["ioc-relay"]["static_configs"] == [{"targets": [f"relay:{port}"]}]
    assert jobs["ioc-relay"]["authorization"] == {"credentials_file": token}
    assert SERVICES["relay"]["environment"]["IOC_RELAY_TOKEN_FILE"] == token
    assert all("relay_token" in SERVICES[service]["secrets"] for service in ("relay", "alertmanager", "prometheus"))


def test_every_secret_is_a_file_that_is_never_committed() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == COMPOSE["secrets"].keys()
    assert all(secret["file"].startswith("secrets/") for secret in COMPOSE["secrets"].values())
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_example_of_contacts_is_sound_and_its_secrets_are_mounted() -> None:
    contacts = load_contacts(ROOT / "docs/examples/contacts.yaml")
    assert contacts.senders.email is not None
    assert contacts.senders.email.password_file == Path("/run/secrets/smtp_password")
    assert "smtp_password" in SERVICES["relay"]["secrets"]
