"""What docker compose calls its services, and where it mounts their secrets."""

from collections.abc import Mapping

from dashboards.prometheus_config import Access
from dashboards.rules.names import ALERTMANAGER_JOB, EXPORTER_JOB, GATEWAY_JOB, PROMETHEUS_JOB, RELAY_JOB, WORKER_JOB

_SECRETS = "/run/secrets"
RELAY_TOKEN = f"{_SECRETS}/relay_machines_token"
RELAY = "relay:9097"
ALERTMANAGER = "alertmanager:9093"
NODE = "node-exporter:9100"
PROMETHEUS = "localhost:9090"
"""As Prometheus calls itself."""

ACCESS: Mapping[str, Access] = {
    EXPORTER_JOB: Access(f"{_SECRETS}/exporter_token"),
    WORKER_JOB: Access(f"{_SECRETS}/worker_token"),
    RELAY_JOB: Access(RELAY_TOKEN),
    GATEWAY_JOB: Access(f"{_SECRETS}/gateway_metrics_token"),
    PROMETHEUS_JOB: Access(login=("prometheus", f"{_SECRETS}/prometheus_prometheus")),
    ALERTMANAGER_JOB: Access(login=("prometheus", f"{_SECRETS}/alertmanager_prometheus")),
}
"""What Prometheus shows its targets, by the names of its jobs."""
