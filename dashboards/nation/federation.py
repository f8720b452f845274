"""What the nation reads of each province: its wholes and what its own rules made of them, and nothing of a unit."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dashboards.nation.names import FEDERATION, JOB, PROVINCE
from dashboards.prometheus_config import Access, Static
from dashboards.rules.names import ALERTMANAGER_JOB, EXPORTER_FRESH, NODE_JOB, PROMETHEUS_JOB, RELAY_JOB
from dashboards.yaml_text import dump
from ioc.catalogue.model import Catalogue
from ioc.catalogue.nation import Member, Nation
from ioc.kpis import metric_names

_OF_PROVINCE = (
    metric_names.SUBSYSTEM_STATUS,
    metric_names.SUBSYSTEM_JUDGED,
    metric_names.KPI_STATUS,
    metric_names.KPI_GREY_REASON,
    metric_names.KPI_KNOWLEDGE,
    metric_names.DATA_TIME,
    metric_names.CLOCK,
    metric_names.SIMULATED,
    EXPORTER_FRESH,
)
MOST_SAMPLES = 20_000
"""Of one reading: twenty times what the packaged catalogue has. A province that says more is not read at all, and so is
told of, before it takes the nation's memory."""
MOST_BYTES = "16MB"
"""Likewise, of some 200 B a sample four times as much."""


def federated_names(catalogue: Catalogue) -> str:
    """A regular expression of the metrics that are read."""
    return f"{'|'.join(_OF_PROVINCE)}|ioc_({'|'.join(catalogue.subsystems)})_.+"


def selector(catalogue: Catalogue) -> str:
    """What a province is asked for: of each metric the series without a breakdown.

    One selector for all, so that it fits into the address of a request, which servers in between cut at 8 kB.
    """
    wholes = ",".join(f'{label}=""' for label in dimensions(catalogue))
    return f'{{__name__=~"{federated_names(catalogue)}",{wholes}}}'


def dimensions(catalogue: Catalogue) -> list[str]:
    """The labels of all breakdowns, each once; a whole has none of them."""
    return list(dict.fromkeys(_dimensions(catalogue)))


def _dimensions(catalogue: Catalogue) -> Iterator[str]:
    for subsystem in catalogue.subsystems.values():
        for kpi in subsystem.kpis.values():
            for grouping in kpi.groupings:
                yield from map(subsystem.label, grouping)


def national_prometheus(
    catalogue: Catalogue,
    nation: Nation,
    *,
    alertmanagers: Sequence[str],
    relays: Sequence[str] = (),
    nodes: Sequence[str] = (),
    prometheus: Sequence[str] = (),
    access: Mapping[str, Access] = MappingProxyType({}),
) -> str:
    """The text of the nation's ``prometheus.yml``; its rules lie beside it in ``rules/``.

    Args:
        catalogue: whose subsystems are read.
        nation: whose provinces are.
        alertmanagers, relays, nodes, prometheus: the nation's own, each as ``host:port``.
        access: by the name of the job, where those are not open to everybody.
    """
    own = {RELAY_JOB: relays, NODE_JOB: nodes, ALERTMANAGER_JOB: alertmanagers, PROMETHEUS_JOB: prometheus}
    shown = {job: access.get(job, Access()).as_data() for job in own}
    interval = f"{FEDERATION}s"
    return dump(
        {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": ["rules/*.yml"],
            "alerting": {"alertmanagers": [{**shown[ALERTMANAGER_JOB], **Static(alertmanagers).as_data()}]},
            "scrape_configs": [
                *(_reading(catalogue, member) for member in nation.provinces),
                *({"job_name": job, **shown[job], **Static(to).as_data()} for job, to in own.items() if to),
            ],
        }
    )


def _reading(catalogue: Catalogue, member: Member) -> dict[str, Any]:
    """One job for each province, as each has its own login and authority."""
    scheme, target, path = member.target
    login = member.login
    return {
        "job_name": f"{JOB}{member.code}",
        # Which exporter said it is the province's to tell, and decides which of two counts.
        "honor_labels": True,
        # By the nation's clock: of a province whose clock is ahead, what it said would be believed after its end.
        "honor_timestamps": False,
        "scheme": scheme,
        "metrics_path": f"{path}/federate",
        "params": {"match[]": [selector(catalogue)]},
        "sample_limit": MOST_SAMPLES,
        "body_size_limit": MOST_BYTES,
        **({"basic_auth": {"username": login.user, "password_file": login.password_file}} if login else {}),
        **({"tls_config": {"ca_file": member.ca_file}} if member.ca_file else {}),
        "static_configs": [{"targets": [target], "labels": {PROVINCE: member.code}}],
        # Whatever it calls itself, and whatever else it says: no province speaks for another or for the nation.
        "metric_relabel_configs": [
            {"source_labels": ["__name__"], "regex": federated_names(catalogue), "action": "keep"},
            {"target_label": PROVINCE, "replacement": member.code},
        ],
    }
