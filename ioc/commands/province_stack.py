"""The whole monitor on one machine: broker, workers, exporter, Prometheus, Alertmanager, perhaps Grafana."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from dashboards.alertmanager_config import alertmanager_config
from dashboards.grafana.provisioning import environment
from dashboards.prometheus_config import Static, prometheus_config
from dashboards.rules import rule_files
from ioc.catalogue import Catalogue
from streams.settings import Settings, load_settings
from streams.stack import Progress, Stack
from streams.stack.ports import free_port, free_ports
from streams.topics import topic_admin


@dataclass(frozen=True)
class Addresses:
    """Where the parts answer; None where a part is not there."""

    kafka: str
    exporter: str
    prometheus: str
    alertmanager: str
    grafana: str | None


class ProvinceStack:
    """Starts all parts on the event clock, marked as simulated; a context manager that stops them all."""

    def __init__(
        self, catalogue: Catalogue, workers: int, folder: Path | None, progress: Callable[[Progress], None]
    ) -> None:
        self._catalogue = catalogue
        self._workers = workers
        self._stack = Stack(folder, progress)
        self.settings: Settings = load_settings()

    @property
    def logs(self) -> Path:
        return self._stack.logs

    def __enter__(self) -> "ProvinceStack":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def failed(self) -> list[str]:
        """Names of the parts that ended by themselves."""
        return [child.name for child in self._stack.children.failed()]

    def start(self) -> Addresses:
        """Start everything; raises SetupError, ChildFailed."""
        kafka = self._stack.start_kafka()
        exporter_port = free_port()
        variables = {
            "IOC_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "IOC_CLOCK": "event",
            "IOC_SIMULATED": "true",
            "IOC_EXPORTER_PORT": str(exporter_port),
        }
        self.settings = load_settings(bootstrap_servers=kafka.bootstrap, clock="event", simulated=True)
        with topic_admin(self.settings) as admin:
            admin.ensure(self._catalogue.subsystems)
        worker_ports = free_ports(self._workers)
        for number, port in enumerate(worker_ports, 1):
            own = {"IOC_WORKER_METRICS_PORT": str(port), "IOC_WORKER_INSTANCE_ID": f"worker-{number}"}
            self._stack.start_python(f"worker-{number}", "ioc.cli", "worker", env=variables | own)
        exporter = f"http://127.0.0.1:{exporter_port}"
        self._stack.serve_python("exporter", "ioc.cli", "exporter", url=exporter, ready="/healthz", env=variables)
        alertmanager = self._start_alertmanager()
        prometheus = self._start_prometheus(exporter_port, worker_ports, alertmanager)
        grafana = self._start_grafana(prometheus)
        return Addresses(kafka.bootstrap, exporter, prometheus, alertmanager, grafana)

    def _start_alertmanager(self) -> str:
        webhook = self.settings.alert_webhook_url
        url = None if webhook is None else str(webhook.get_secret_value())
        config = self._write("alertmanager.yml", alertmanager_config(webhook_url=url))
        return self._stack.start_alertmanager(config).url

    def _start_prometheus(self, exporter_port: int, worker_ports: list[int], alertmanager: str) -> str:
        port = free_port()
        config = self._write(
            "prometheus/prometheus.yml",
            prometheus_config(
                exporters=Static([f"127.0.0.1:{exporter_port}"]),
                workers=Static([f"127.0.0.1:{worker}" for worker in worker_ports]),
                alertmanagers=Static([alertmanager.removeprefix("http://")]),
                prometheus=Static([f"127.0.0.1:{port}"]),
            ),
        )
        for name, text in rule_files(self._catalogue).items():
            self._write(f"prometheus/rules/{name}", text)
        return self._stack.start_prometheus(config, port=port).url

    def _start_grafana(self, prometheus: str) -> str | None:
        generated = Path(str(files("dashboards"))) / "generated" / "grafana"
        variables = environment(generated / "dashboards", prometheus)
        service = self._stack.start_grafana(generated / "provisioning", env=variables)
        return None if service is None else service.url

    def _write(self, name: str, text: str) -> Path:
        path = self._stack.folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
