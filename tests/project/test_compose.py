"""docker-compose.yml agrees with the configuration it mounts. No container engine is needed, and none is started."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from ioc.catalogue.nation import read_nation
from ioc.cli.main import app
from streams.kafka.access import Role
from streams.relay.contacts import load_contacts
from streams.settings.names import Names
from streams.settings.secrets.certificates import Authority
from streams.settings.secrets.folder import LOGINS, fill
from streams.settings.settings import variables
from streams.stack.grafana import LOCAL_OPTIONS
from streams.stack.kafka import read_properties

ROOT = Path(__file__).parents[2]


def read(path: str) -> Any:
    return YAML(typ="safe", pure=True).load(ROOT / path)


COMPOSE = read("docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_every_mounted_path_exists() -> None:
    mounts = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    files = [mount for mount in mounts if mount.startswith("./") and not mount.startswith("./secrets")]
    assert files
    assert [mount for mount in files if not (ROOT / mount).exists()] == []


def test_own_subsystems_reach_every_part_and_replace_what_is_mounted() -> None:
    own = read("deploy/own-subsystems.yml")["services"]
    ours = {name for name, service in SERVICES.items() if "build" in service}
    assert {name for name, service in own.items() if "environment" in service} == ours
    for name, service in own.items():
        mounts = dict(volume.removesuffix(":ro").split(":") for volume in service["volumes"])
        places = {volume.split(":")[1] for volume in SERVICES[name].get("volumes", [])}
        for source, place in mounts.items():
            if source == "./own":
                assert service["environment"] == {"IOC_SUBSYSTEMS": place}
            else:
                assert place in places, name
                assert (ROOT / source.removeprefix("./installation/")).is_dir()


def test_a_nation_replaces_what_is_mounted_and_reads_the_passwords_that_its_file_names() -> None:
    own = read("deploy/nation.yml")["services"]
    for name, service in own.items():
        mounts = dict(volume.removesuffix(":ro").split(":") for volume in service["volumes"])
        places = {volume.split(":")[1] for volume in SERVICES[name]["volumes"]}
        for source, place in mounts.items():
            if source == "./provinces":
                logins = [member.login for member in read_nation(ROOT / "docs/examples/nation.yaml").provinces]
                assert {login and str(Path(login.password_file).parent) for login in logins} == {place}
            else:
                assert place in places
                assert (ROOT / "dashboards/generated" / source).is_dir()
    home = own["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (
        ROOT / "dashboards/generated/nation/grafana/dashboards" / home.removeprefix("/etc/ioc/dashboards/")
    ).is_file()


def test_the_nation_reaches_prometheus_of_a_province_by_one_path_through_the_proxy_alone() -> None:
    overlay = read("deploy/federation.yml")
    assert {name for name, service in overlay["services"].items() if "federation" in service["networks"]} == {
        "prometheus",
        "proxy",
    }
    assert overlay["networks"]["federation"]["internal"]
    text = (ROOT / "deploy/nginx/federation.conf.template").read_text()
    assert text.count("proxy_pass") == 1
    assert "location = /federate {" in text
    assert "include /etc/nginx/ioc/headers.conf;" in text
    (mount,) = overlay["services"]["proxy"]["volumes"]
    assert (ROOT / mount.split(":")[0]).is_file()


def test_who_has_a_password_beside_our_own_clients_may_log_in_until_it_is_removed(tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    fill(tmp_path, [], ["kafka"], until)
    (tmp_path / "prometheus_nation").write_text("s3cret\n")

    def users() -> dict[str, str]:
        found: dict[str, str] = YAML(typ="safe", pure=True).load(tmp_path / "prometheus_web")["basic_auth_users"]
        return found

    assert [file.name for file in fill(tmp_path, [], ["kafka"], until)] == ["prometheus_web"]
    assert users().keys() == {*LOGINS["prometheus"], "nation"}
    assert bcrypt.checkpw(b"s3cret", users()["nation"].encode())
    assert fill(tmp_path, [], ["kafka"], until) == []
    (tmp_path / "prometheus_nation").unlink()
    fill(tmp_path, [], ["kafka"], until)
    assert users().keys() == {*LOGINS["prometheus"]}


def test_only_localhost_is_published() -> None:
    ports = [port for name, service in SERVICES.items() if name != "proxy" for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_prometheus_scrapes_the_ports_that_the_services_listen_on() -> None:
    jobs = read("dashboards/generated/prometheus/prometheus.yml")["scrape_configs"]
    scraped = {name: sd["port"] for job in jobs for sd in job.get("dns_sd_configs", []) for name in sd["names"]}
    listening = {
        "exporter": SERVICES["exporter"]["environment"]["IOC_EXPORTER_PORT"],
        "worker": SERVICES["worker"]["environment"]["IOC_WORKER_METRICS_PORT"],
        "gateway": SERVICES["gateway"]["environment"]["IOC_GATEWAY_PORT"],
    }
    assert {name: str(port) for name, port in scraped.items()} == listening


def test_every_variable_is_a_setting() -> None:
    names = {
        name
        for service in ("access", "worker", "exporter", "cases", "topics", "relay", "gateway")
        for name in SERVICES[service]["environment"]
        if name.startswith("IOC_")
    }
    assert names <= {variable.name for variable in variables()}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_image_has_a_version(service: str) -> None:
    _, _, version = SERVICES[service]["image"].partition(":")
    assert version
    assert version != "latest"


def test_the_home_dashboard_is_there() -> None:
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "dashboards/generated/grafana/dashboards" / home.removeprefix("/etc/ioc/dashboards/")).is_file()


def test_alertmanager_and_prometheus_know_the_relays_port_and_token() -> None:
    port = SERVICES["relay"]["environment"]["IOC_RELAY_MACHINES_PORT"]
    token = "/run/secrets/relay_machines_token"
    receivers = read("dashboards/generated/alertmanager/alertmanager.yml")["receivers"]
    hooks = [hook for receiver in receivers for hook in receiver["webhook_configs"]]
    assert {hook["url"].rpartition("/")[0] for hook in hooks} == {f"http://relay:{port}"}
    assert {hook["http_config"]["authorization"]["credentials_file"] for hook in hooks} == {token}
    jobs = {job["job_name"]: job for job in read("dashboards/generated/prometheus/prometheus.yml")["scrape_configs"]}
    assert jobs["ioc-relay"]["static_configs"] == [{"targets": [f"relay:{port}"]}]
    assert jobs["ioc-relay"]["authorization"] == {"credentials_file": token}
    assert SERVICES["relay"]["environment"]["IOC_RELAY_MACHINES_TOKEN_FILE"] == token
    assert all(
        "relay_machines_token" in SERVICES[service]["secrets"] for service in ("relay", "alertmanager", "prometheus")
    )


def test_the_proxy_is_started_only_where_it_is_asked_for() -> None:
    assert SERVICES["proxy"]["profiles"] == ["proxy"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_container_is_read_only_limited_and_without_capabilities(service: str) -> None:
    limits = SERVICES[service]
    assert limits["read_only"]
    assert limits["cap_drop"] == ["ALL"]
    assert limits["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= limits.keys()
    assert limits["logging"]["options"].keys() == {"max-size", "max-file"}
    assert limits["ulimits"]["nofile"]["hard"] >= 4096
    assert "healthcheck" in limits or limits["restart"] == "on-failure"


def test_every_secret_is_declared_used_and_never_committed() -> None:
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in SERVICES.values()
        for secret in service.get("secrets", [])
    }
    assert used == COMPOSE["secrets"].keys()
    assert all(secret["file"].startswith("secrets/") for secret in COMPOSE["secrets"].values())
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_example_of_contacts_is_sound_and_its_secrets_are_mounted() -> None:
    contacts = load_contacts(ROOT / "docs/examples/contacts.yaml")
    assert contacts.senders.email is not None
    assert contacts.senders.email.password_file == Path("/run/secrets/smtp_password")
    assert "smtp_password" in SERVICES["relay"]["secrets"]


def test_every_file_that_a_setting_names_is_a_secret_of_its_service() -> None:
    for name, service in SERVICES.items():
        mounted = {secret if isinstance(secret, str) else secret["target"] for secret in service.get("secrets", [])}
        named = {
            path.removeprefix("/run/secrets/")
            for value in service.get("environment", {}).values()
            for path in (value or "").split(",")
            if path.startswith("/run/secrets/")
        }
        assert named <= mounted, name


def test_the_secrets_made_by_our_command_are_those_that_are_mounted(tmp_path: Path) -> None:
    users = Names("ioc")
    roles = [users.principal(role) for role in Role]
    fill(tmp_path / "secrets", roles, ["kafka"], datetime.now(UTC) + timedelta(days=1))
    written = ("accounts.yaml", "contacts.yaml", "smtp_password", "senders.yaml")
    by_hand = {f"secrets/{name}" for name in written}
    missing = [secret["file"] for secret in COMPOSE["secrets"].values() if not (tmp_path / secret["file"]).is_file()]
    assert set(missing) == by_hand
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_brokers_three_files_agree_with_the_services_that_read_them() -> None:
    here = dict(
        line.split("=", 1)
        for line in (ROOT / "deploy/kafka.properties").read_text().splitlines()
        if line and not line.startswith("#")
    )
    properties = read_properties("kafka.properties") | read_properties("kafka-secure.properties") | here
    listeners = {name: address for name, _, address in (x.partition("://") for x in properties["listeners"].split(","))}
    protocols = dict(pair.split(":") for pair in properties["listener.security.protocol.map"].split(","))
    assert listeners.keys() == protocols.keys()
    assert properties["advertised.listeners"] == "CLIENT://kafka:9092,MUTUAL://kafka:9094"
    for name, service in SERVICES.items():
        address = service.get("environment", {}).get("IOC_BOOTSTRAP_SERVERS")
        if address is not None:
            listener = {"SASL_SSL": "CLIENT", "SSL": "MUTUAL"}[service["environment"]["IOC_SECURITY_PROTOCOL"]]
            assert address == f"kafka{listeners[listener]}", name
    mounted = {volume.split(":")[1] for volume in SERVICES["kafka"]["volumes"]}
    assert properties["log.dirs"] in mounted
    assert {Path(properties[key]).name for key in ("ssl.keystore.location", "ssl.truststore.location")} == set(
        SERVICES["kafka"]["secrets"]
    )


@pytest.mark.parametrize("service", [name for name, service in SERVICES.items() if "build" in service])
def test_every_command_is_one_of_ours(service: str) -> None:
    name, *arguments = SERVICES[service]["command"]
    group: Any = get_command(app)
    with group.make_context("ioc", [name, *arguments], resilient_parsing=True) as context:
        command = group.get_command(context, name)
        assert command is not None
        command.make_context(name, arguments, parent=context)


def test_the_dockerfile_passes_the_linter() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_who_has_nothing_to_say_to_each_other_shares_no_network() -> None:
    networks = {name: {*service["networks"]} for name, service in SERVICES.items()}
    assert {*COMPOSE["networks"]} == set().union(*networks.values())
    assert [name for name, network in COMPOSE["networks"].items() if not network.get("internal")] == ["proxy"]

    def beside(service: str) -> set[str]:
        return {name for name, shared in networks.items() if name != service and shared & networks[service]}

    assert beside("alertmanager") == {"prometheus", "relay"}
    assert beside("proxy") == {"cases", "gateway", "grafana", "relay", "wall"}
    assert beside("kafka") == {"access", "topics", "worker", "exporter", "cases", "gateway"}
    assert beside("prometheus") == {
        "worker",
        "exporter",
        "gateway",
        "node-exporter",
        "grafana",
        "alertmanager",
        "relay",
        "wall",
    }


def test_prometheus_and_alertmanager_ask_who_is_there_and_each_client_has_a_password_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path, [], ["kafka"], datetime.now(UTC) + timedelta(days=1))
    given: dict[str, list[str]] = {}
    for server, clients in LOGINS.items():
        assert f"--web.config.file=/run/secrets/{server}_web" in SERVICES[server]["command"]
        hashed = YAML(typ="safe", pure=True).load(tmp_path / f"{server}_web")["basic_auth_users"]
        assert hashed.keys() == {*clients}
        for client in clients:
            word = (tmp_path / f"{server}_{client}").read_text().strip()
            assert bcrypt.checkpw(word.encode(), hashed[client].encode())
            given.setdefault(word, []).append(f"{server}_{client}")
    assert all(len(each) == 1 for each in given.values())
    logins = {name for names in given.values() for name in names}
    holders = {name: logins & {*service["secrets"]} for name, service in plain().items()}
    assert {name: held for name, held in holders.items() if held} == {
        "grafana": {"prometheus_grafana"},
        "prometheus": {"prometheus_prometheus", "alertmanager_prometheus"},
        "alertmanager": {"alertmanager_prometheus"},
        "relay": {"prometheus_relay", "alertmanager_relay"},
        "wall": {"prometheus_wall"},
    }


def plain() -> dict[str, Any]:
    """The services, their secrets by the names of the files."""
    return {
        name: service | {"secrets": [x if isinstance(x, str) else x["source"] for x in service.get("secrets", [])]}
        for name, service in SERVICES.items()
    }


def test_hashes_of_passwords_are_made_anew_only_where_a_password_is(tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    fill(tmp_path, [], ["kafka"], until)
    assert fill(tmp_path, [], ["kafka"], until) == []
    (tmp_path / "alertmanager_relay").write_text("")
    assert {file.name for file in fill(tmp_path, [], ["kafka"], until)} == {"alertmanager_relay", "alertmanager_web"}


def test_an_empty_secret_is_made_anew(tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    fill(tmp_path, ["ioc-worker"], ["kafka"], until)
    for name in ("exporter_token", "users/ioc-worker"):
        (tmp_path / name).write_text(" \n")
    made = {str(file.relative_to(tmp_path)) for file in fill(tmp_path, ["ioc-worker"], ["kafka"], until)}
    assert made == {"exporter_token", "users/ioc-worker"}


def test_grafana_is_as_careful_in_docker_compose_as_in_the_local_stack() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert LOCAL_OPTIONS.items() <= environment.items()
    assert environment["GF_SECURITY_COOKIE_SECURE"] == environment["GF_SECURITY_CONTENT_SECURITY_POLICY"] == "true"
    assert environment["GF_SERVER_ROOT_URL"].startswith("${IOC_GRAFANA_URL:-")


def test_every_server_of_the_proxy_has_the_same_headers_and_names_its_host() -> None:
    text = (ROOT / "deploy/nginx/site.conf.template").read_text()
    servers = [part for part in text.split("server {")[1:] if "proxy_pass" in part]
    assert len(servers) == 3
    assert all("include /etc/nginx/ioc/headers.conf;" in each and "server_name" in each for each in servers)
    assert not [each for each in servers if "default_server" in each]
    headers = (ROOT / "deploy/nginx/headers.conf").read_text()
    for name in ("Forwarded", "X-WEBAUTH-USER", "X-Forwarded-Prefix", "X-Remote-User"):
        assert f'proxy_set_header {name} "";' in headers


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx on PATH: apt-get install nginx-light")
def test_nginx_accepts_the_reverse_proxys_configuration(tmp_path: Path) -> None:
    site = Authority(tmp_path / "site").issue("ioc.example.vn", until=datetime.now(UTC) + timedelta(days=1))
    files = ("site.conf.template", "federation.conf.template")
    text = "".join((ROOT / "deploy/nginx" / name).read_text() for name in files).replace("${IOC_SITE}", "example.vn")
    text = text.replace("/etc/nginx/ioc/", f"{ROOT}/deploy/nginx/")
    for secret, file in (("site_cert", site.cert), ("site_key", site.key)):
        assert f"/run/secrets/{secret};" in text
        text = text.replace(f"/run/secrets/{secret}", str(file))
    (tmp_path / "site.conf").write_text(text)
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"pid {tmp_path}/nginx.pid; events {{}} http {{ {temporary(tmp_path)} include {tmp_path}/site.conf; }}"
    )
    command = ["nginx", "-t", "-q", "-p", tmp_path, "-e", "stderr", "-c", main]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def temporary(folder: Path) -> str:
    """Where nginx may write, in place of where its package would."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
