"""The Helm chart agrees with docker compose, settings, rules and the schemas of Kubernetes. No cluster is needed."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from dashboards.rules.names import EXPORTER_JOB, GATEWAY_JOB, RELAY_JOB, WORKER_JOB
from dashboards.rules.timing import EVALUATION
from ioc.catalogue import Catalogue
from ioc.cli.chart import PATH, chart_text
from streams.settings.settings import load_settings, variables
from streams.stack.kafka import read_properties
from tests.project.chart import (
    CHART,
    DASHBOARDS,
    EVERYTHING,
    KUBERNETES,
    RENDERED,
    ROOT,
    Manifest,
    committed,
    header,
    helm,
    template,
)
from tests.project.chart import rendering as rendered_now

SECRET = 1024 * 1024
"""Bytes of a Secret, in which Helm keeps a release."""
needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="there is no helm on PATH: `make chart` names it")

MANIFESTS = committed()
WORKLOADS = [each for each in MANIFESTS if each["kind"] in ("Deployment", "StatefulSet")]
OURS = [each["metadata"]["name"].removeprefix("ioc-") for each in WORKLOADS]


def read(path: str) -> Any:
    return YAML(typ="safe", pure=True).load(ROOT / path)


SERVICES: dict[str, Any] = read("docker-compose.yml")["services"]


def of_kind(kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in MANIFESTS if each["kind"] == kind}


def pod(workload: Manifest) -> Any:
    return workload["spec"]["template"]["spec"]


def container(name: str) -> Any:
    (found,) = (pod(each)["containers"][0] for each in WORKLOADS if each["metadata"]["name"] == f"ioc-{name}")
    return found


def environment(name: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(name)["env"]}


def mounted(workload: Manifest) -> Iterator[tuple[str, str]]:
    """Of each file below /run/secrets its name, and the Secret that it is from."""
    (volume,) = (each for each in pod(workload)["volumes"] if each["name"] == "secrets")
    for source in volume["projected"]["sources"]:
        for item in source["secret"]["items"]:
            yield item["path"], source["secret"]["name"]


def test_the_committed_rendering_is_of_these_templates_and_values() -> None:
    assert RENDERED.read_text().splitlines()[0] == header().strip(), "run `make chart`"


@pytest.mark.parametrize(
    "manifest",
    [each for each in MANIFESTS if "." not in each["apiVersion"] or ".k8s.io/" in each["apiVersion"]],
    ids=lambda each: f"{each['kind']}-{each['metadata']['name']}",
)
def test_what_is_kubernetes_own_is_valid_by_its_schema(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("workload", WORKLOADS, ids=OURS)
def test_every_pod_keeps_the_restricted_standard(workload: Manifest) -> None:
    spec = pod(workload)
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert {next(iter(volume.keys() - {"name"})) for volume in spec["volumes"]} <= {
        "configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret",
    }  # fmt: skip
    (own,) = spec["containers"]
    assert own["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert {"cpu", "memory"} <= own["resources"]["requests"].keys()
    assert "memory" in own["resources"]["limits"]
    assert [own[f"{kind}Probe"]["httpGet"]["path"] for kind in ("liveness", "readiness")] == ["/healthz", "/readyz"]


def test_every_process_of_compose_is_there_and_is_told_the_same() -> None:
    processes = {name for name, service in SERVICES.items() if "build" in service}
    assert set(OURS) == processes - {"access", "topics"}  # Strimzi's operators do what those do
    elsewhere = {"IOC_BOOTSTRAP_SERVERS", "IOC_RELAY_CERTIFICATES", "IOC_PARTITIONS", *EVERYTHING["settings"]}
    elsewhere |= {"IOC_SUBSYSTEMS", "IOC_RELAY_HEARTBEAT_URL"}
    # Who reaches Prometheus and Alertmanager is held by network policies, as their operator knows no logins.
    elsewhere |= {
        f"IOC_{server}_{what}" for server in ("PROMETHEUS", "ALERTMANAGER") for what in ("USER", "PASSWORD_FILE")
    }
    for name in OURS:
        ours, theirs = environment(name), SERVICES[name]["environment"]
        assert ours.keys() ^ theirs.keys() <= elsewhere, name
        same = {key for key in ours.keys() & theirs.keys() - elsewhere if not key.endswith("_URL")}
        assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}, name
        assert container(name)["args"] == SERVICES[name]["command"], name


def test_every_variable_is_a_setting() -> None:
    given = {name for each in OURS for name in environment(each)}
    assert given <= {variable.name for variable in variables()}


@pytest.mark.parametrize("workload", WORKLOADS, ids=OURS)
def test_every_file_that_a_variable_names_is_mounted(workload: Manifest) -> None:
    files = dict(mounted(workload))
    own = pod(workload)["containers"][0]
    named = [word for each in own["env"] for word in each["value"].split(",") if word.startswith("/run/secrets/")]
    assert {Path(each).name for each in named} <= files.keys()


def test_secrets_are_those_of_compose_and_nobody_is_given_more() -> None:
    for workload, name in zip(WORKLOADS, OURS, strict=True):
        theirs = {each if isinstance(each, str) else each["target"] for each in SERVICES[name]["secrets"]}
        assert {path for path, _ in mounted(workload)} <= theirs, name
        passwords = {secret for path, secret in mounted(workload) if path == "kafka_password"}
        assert passwords <= {f"ioc-{name}"}


def test_prometheus_scrapes_what_listens_under_the_jobs_that_the_rules_name() -> None:
    services, jobs = of_kind("Service"), {}
    for name, monitor in of_kind("ServiceMonitor").items():
        (endpoint,) = monitor["spec"]["endpoints"]
        job, dropped = endpoint["relabelings"]
        jobs[job["replacement"]] = name
        assert dropped["action"] == "labeldrop"
        if name in services:
            assert endpoint["port"] in {port["name"] for port in services[name]["spec"]["ports"]}
            assert endpoint["authorization"]["credentials"]["name"] == "ioc-secrets"
    assert {EXPORTER_JOB, GATEWAY_JOB, RELAY_JOB, WORKER_JOB, "prometheus", "alertmanager"} == jobs.keys()
    (prometheus,) = of_kind("Prometheus").values()
    assert {prometheus["spec"][key] for key in ("scrapeInterval", "evaluationInterval")} == {f"{EVALUATION}s"}


def test_every_service_leads_to_a_port_of_its_pod() -> None:
    for name, service in of_kind("Service").items():
        ports = {port["name"]: port["containerPort"] for port in container(name.removeprefix("ioc-"))["ports"]}
        assert {port["name"]: port["port"] for port in service["spec"]["ports"]} == ports


def test_every_pod_has_a_policy_of_who_may_come_in_on_its_ports() -> None:
    policies = of_kind("NetworkPolicy")
    for name in OURS:
        rules = policies[f"ioc-{name}"]["spec"]["ingress"]
        ports = {port["containerPort"] for port in container(name)["ports"]}
        assert {port["port"] for rule in rules for port in rule["ports"]} == ports
        assert all(rule["from"] for rule in rules)
    silencing = policies["ioc-alertmanager"]["spec"]["ingress"][0]["from"]
    assert [each["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for each in silencing] == [
        "prometheus",
        "relay",
    ]


def test_exporters_have_no_gap_and_workers_go_one_after_the_other() -> None:
    strategies = {name: each["spec"]["strategy"]["rollingUpdate"] for name, each in of_kind("Deployment").items()}
    assert strategies["ioc-exporter"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert strategies["ioc-worker"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert of_kind("PodDisruptionBudget").keys() >= {"ioc-exporter", "ioc-worker", "ioc-gateway"}


def test_there_are_no_more_workers_than_partitions() -> None:
    (scaled,) = of_kind("ScaledObject").values()
    assert scaled["spec"]["maxReplicaCount"] == int(environment("worker")["IOC_PARTITIONS"])


def test_brokers_bound_transactions_as_elsewhere() -> None:
    (kafka,) = of_kind("Kafka").values()
    config = kafka["spec"]["kafka"]["config"]
    for properties in ("kafka.properties", "kafka-secure.properties"):
        named = {key: value for key, value in read_properties(properties).items() if key in config}
        replicated = {key for key in named if re.search(r"replication|replicas|min\.isr", key)}
        same = named.keys() - replicated
        assert {key: str(config[key]).lower() for key in same} == {key: named[key] for key in same}


def test_brokers_have_as_many_copies_as_those_that_the_tests_break() -> None:
    (kafka,) = of_kind("Kafka").values()
    config, tried = kafka["spec"]["kafka"]["config"], read_properties("kafka-copies.properties")
    common = {key: tried[key] for key in tried.keys() & config.keys()}
    assert {"default.replication.factor", "min.insync.replicas", "transaction.state.log.min.isr"} <= common.keys()
    assert {key: str(config[key]) for key in common} == common


def test_topics_and_users_can_be_named_in_kubernetes(catalogue: Catalogue) -> None:
    made = YAML(typ="safe", pure=True).load(chart_text(catalogue, load_settings()))
    for kind in ("topics", "users"):
        names = [each["name"].replace("_", "-") for each in made[kind]]
        assert len({*names}) == len(names)
        assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", name) and len(name) <= 63 for name in names)


def test_alerts_are_routed_and_inhibited_as_elsewhere(catalogue: Catalogue) -> None:
    made = YAML(typ="safe", pure=True).load(chart_text(catalogue, load_settings()))["alertmanager"]
    plain = read("dashboards/generated/alertmanager/alertmanager.yml")

    def written(matchers: list[dict[str, str]]) -> list[str]:
        return [f'{each["name"]}{each["matchType"]}"{each["value"]}"' for each in matchers]

    assert [
        (written(rule["sourceMatch"]), written(rule["targetMatch"]), rule.get("equal")) for rule in made["inhibitRules"]
    ] == [(rule["source_matchers"], rule["target_matchers"], rule.get("equal")) for rule in plain["inhibit_rules"]]
    assert [(route["receiver"], written(route["matchers"])) for route in made["route"]["routes"]] == [
        (route["receiver"], route["matchers"]) for route in plain["route"]["routes"]
    ]
    assert (ROOT / PATH).read_text() == chart_text(catalogue, load_settings())


@needs_helm
def test_helm_renders_what_is_committed() -> None:
    assert rendered_now() == RENDERED.read_text()


@needs_helm
@pytest.mark.parametrize("chart", [CHART, *DASHBOARDS], ids=lambda chart: chart.name)
def test_helm_finds_nothing_wrong_and_keeps_the_release_in_one_secret(chart: Path) -> None:
    linted = helm("lint", "--strict", str(chart))
    assert linted.returncode == 0, linted.stdout
    shown = helm("template", "ioc", str(chart), "--kube-version", KUBERNETES).stdout.encode()
    files = b"".join(path.read_bytes() for path in sorted(chart.rglob("*")) if path.is_file())
    linked = b"".join(
        each.read_bytes() for link in (chart / "files").iterdir() if link.is_symlink()
        for each in sorted(link.rglob("*")) if each.is_file()
    )  # fmt: skip
    assert len(gzip.compress(files + linked + shown)) * 4 / 3 < SECRET


@needs_helm
@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"worker": {"replica": 3}}, "replica"),
        ({"settings": {"IOC_HASH_KEY": "x"}}, "IOC_HASH_KEY"),
        ({"settings": {"PATH": "x"}}, "PATH"),
        ({"ingress": {"enabled": True}}, "domain"),
        ({"relay": {"storage": "5"}}, "storage"),
        ({"image": {"digest": "latest"}}, "digest"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(values: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        template(CHART, values)
