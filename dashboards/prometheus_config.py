"""Prometheus' configuration: one function for docker compose, for the local stack and for any other place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.rules.names import (
    ALERTMANAGER_JOB,
    EXPORTER_JOB,
    GATEWAY_JOB,
    NODE_JOB,
    PROMETHEUS_JOB,
    RELAY_JOB,
    WORKER_JOB,
)
from dashboards.rules.timing import EVALUATION
from dashboards.yaml_text import dump


@dataclass(frozen=True)
class Static:
    """Addresses that do not change, as ``host:port``."""

    addresses: Sequence[str]

    def as_data(self) -> dict[str, Any]:
        return {"static_configs": [{"targets": list(self.addresses)}]}


@dataclass(frozen=True)
class Dns:
    """Every address that a name stands for: a compose service, however many times it runs."""

    name: str
    port: int

    def as_data(self) -> dict[str, Any]:
        return {"dns_sd_configs": [{"names": [self.name], "type": "A", "port": self.port, "refresh_interval": "15s"}]}


@dataclass(frozen=True)
class File:
    """A JSON file of targets beside the configuration, read again whenever it changes."""

    path: str

    def as_data(self) -> dict[str, Any]:
        return {"file_sd_configs": [{"files": [self.path]}]}


Targets = Static | Dns | File


def prometheus_config(
    *,
    exporters: Targets,
    workers: Targets,
    relays: Targets,
    nodes: Targets,
    alertmanagers: Targets,
    prometheus: Targets,
    gateways: Targets | None = None,
    interval: str = f"{EVALUATION}s",
    exporter_token_file: str | None = None,
    relay_token_file: str | None = None,
    gateway_token_file: str | None = None,
    worker_token_file: str | None = None,
    ca_file: str | None = None,
) -> str:
    """The text of ``prometheus.yml``; its rules lie beside it in ``rules/``.

    Args:
        exporters, workers, relays, nodes, alertmanagers, prometheus: where each job's targets are.
        interval: between scrapes and between evaluations.
        gateways: likewise; None where feeds send to Kafka only.
        exporter_token_file, worker_token_file, relay_token_file, gateway_token_file: files with the bearer tokens that
            these ask for.
        ca_file: authority of the exporters' and workers' certificates; None where they serve plain HTTP.
    """
    jobs = {
        EXPORTER_JOB: exporters,
        WORKER_JOB: workers,
        RELAY_JOB: relays,
        NODE_JOB: nodes,
        ALERTMANAGER_JOB: alertmanagers,
        PROMETHEUS_JOB: prometheus,
        **({GATEWAY_JOB: gateways} if gateways else {}),
    }
    own = {
        EXPORTER_JOB: _access(exporter_token_file, ca_file),
        WORKER_JOB: _access(worker_token_file, ca_file),
        RELAY_JOB: _access(relay_token_file, None),
        GATEWAY_JOB: _access(gateway_token_file, None),
    }
    return dump(
        {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": ["rules/*.yml"],
            "alerting": {"alertmanagers": [alertmanagers.as_data()]},
            "scrape_configs": [
                {"job_name": job, **own.get(job, {}), **targets.as_data()} for job, targets in jobs.items()
            ],
        }
    )


def _access(token_file: str | None, ca_file: str | None) -> dict[str, Any]:
    return {
        **({"scheme": "https", "tls_config": {"ca_file": ca_file}} if ca_file else {}),
        **({"authorization": {"credentials_file": token_file}} if token_file else {}),
    }
