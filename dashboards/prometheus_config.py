"""Prometheus' configuration: one function for docker compose, for the local stack and for any other place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
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


@dataclass(frozen=True)
class Access:
    """What scrapes of one job show, and whom they trust."""

    token_file: str | None = None
    """File with the bearer token that is asked for."""
    ca_file: str | None = None
    """Authority of the targets' certificates; None where they serve plain HTTP."""
    login: tuple[str, str] | None = None
    """User, and file with the password that is asked for."""

    def as_data(self) -> dict[str, Any]:
        return {
            **({"scheme": "https", "tls_config": {"ca_file": self.ca_file}} if self.ca_file else {}),
            **({"authorization": {"credentials_file": self.token_file}} if self.token_file else {}),
            **({"basic_auth": {"username": self.login[0], "password_file": self.login[1]}} if self.login else {}),
        }


_OPEN = Access()


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
    access: Mapping[str, Access] = MappingProxyType({}),
) -> str:
    """The text of ``prometheus.yml``; its rules lie beside it in ``rules/``.

    Args:
        exporters, workers, relays, nodes, alertmanagers, prometheus: where each job's targets are.
        interval: between scrapes and between evaluations.
        gateways: likewise; None where feeds send to Kafka only.
        access: by the name of the job, where its targets are not open to everybody; alerts are told with it, too.
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
    return dump(
        {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": ["rules/*.yml"],
            "alerting": {
                "alertmanagers": [{**access.get(ALERTMANAGER_JOB, _OPEN).as_data(), **alertmanagers.as_data()}]
            },
            "scrape_configs": [
                {"job_name": job, **access.get(job, _OPEN).as_data(), **targets.as_data()}
                for job, targets in jobs.items()
            ],
        }
    )
