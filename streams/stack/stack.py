"""The parts of the local stack, started one after the other in one run folder and stopped in reverse."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.stack.children import Child, Children
from streams.stack.cluster import Cluster
from streams.stack.grafana import find_grafana, start_grafana
from streams.stack.kafka import Kafka, Seat, Security
from streams.stack.monitoring import start_alertmanager, start_node_exporter, start_prometheus
from streams.stack.service import Service, serve


class StepState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    ABSENT = "absent"
    STOPPING = "stopping"


@dataclass(frozen=True)
class StackStep:
    """What happened to a part; `address` is where a part answers that is ready, for Kafka as host:port."""

    part: str
    state: StepState
    address: str = ""


class Stack:
    """The local stack. Use it as a context manager: leaving it, however, stops every part.

    It prints nothing: `progress` hears of every step, and what the parts say goes to files in `logs`. Every start
    returns when the part answers, and raises SetupError if it is missing, ChildFailed if it does not come up.
    """

    def __init__(self, folder: Path | None = None, progress: Callable[[StackStep], None] = lambda _: None) -> None:
        """`folder` holds configuration, logs and data, which the next run on it finds again. None: a temporary one,
        removed at the end unless an error leaves logs worth reading.
        """
        self._temporary = folder is None
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="ioc-"))).resolve()
        self.children = Children(self.folder / "logs")
        self._progress = progress

    @property
    def logs(self) -> Path:
        """The folder of the log files, one per part."""
        return self.children.logs

    def start_kafka(
        self,
        *,
        heap: str = "1g",
        properties: Mapping[str, str] | None = None,
        port: int | None = None,
        security: Security | None = None,
    ) -> Kafka:
        """Start the broker; the arguments are those of `Kafka`."""
        kafka = Kafka(
            self.children,
            self.folder / "kafka",
            heap=heap,
            properties=properties,
            port=port,
            security=security,
        )
        self._progress(StackStep("kafka", StepState.STARTING))
        kafka.start()
        self._progress(StackStep("kafka", StepState.READY, kafka.bootstrap))
        return kafka

    def start_cluster(self, seats: Sequence[Seat] = (Seat(), Seat(), Seat()), *, heap: str = "384m") -> Cluster:
        """Start several brokers; the arguments are those of `Cluster`."""
        cluster = Cluster(self.children, self.folder / "kafka", seats, heap=heap)
        self._progress(StackStep("kafka", StepState.STARTING))
        cluster.start()
        self._progress(StackStep("kafka", StepState.READY, cluster.bootstrap))
        return cluster

    def start_alertmanager(self, config: Path, *, port: int | None = None) -> Service:
        """Start Alertmanager with the configuration file `config`, by default on a free port."""
        folder = self.folder / "alertmanager"
        return self._start("alertmanager", lambda: start_alertmanager(self.children, folder, config, port=port))

    def start_node_exporter(self) -> Service:
        """Start Prometheus' node exporter, which knows how full the disks are."""
        return self._start("node-exporter", lambda: start_node_exporter(self.children))

    def start_prometheus(
        self,
        config: Path,
        *,
        targets: Mapping[str, Sequence[str]] | None = None,
        retention: str = "10y",
        port: int | None = None,
    ) -> Service:
        """Start Prometheus; the arguments are those of `monitoring.start_prometheus`."""
        folder = self.folder / "prometheus"
        return self._start(
            "prometheus",
            lambda: start_prometheus(self.children, folder, config, targets=targets, retention=retention, port=port),
        )

    def start_grafana(self, provisioning: Path, *, env: Mapping[str, str] | None = None) -> Service | None:
        """Start Grafana as `grafana.start_grafana` does; without a `grafana` on PATH report it absent, return None."""
        program = find_grafana()
        if program is None:
            self._progress(StackStep("grafana", StepState.ABSENT))
            return None
        folder = self.folder / "grafana"
        return self._start("grafana", lambda: start_grafana(self.children, folder, program, provisioning, env=env))

    def start_python(self, name: str, module: str, *arguments: str, env: Mapping[str, str] | None = None) -> Child:
        """Start `python -m module` and return at once: for a process that serves nothing, like a worker."""
        child = self.children.start(name, _python(module, arguments), env)
        self._progress(StackStep(name, StepState.STARTING))
        return child

    def serve_python(
        self,
        name: str,
        module: str,
        *arguments: str,
        url: str,
        ready: str,
        env: Mapping[str, str] | None = None,
        niceness: int = 0,
    ) -> Service:
        """Start `python -m module`, which serves HTTP, and return when `url` + `ready` answers 200.

        niceness: how far it steps back behind the other parts where processors are short, as `nice` takes it.
        """
        command = ["nice", "-n", str(niceness), *_python(module, arguments)]
        return self._start(name, lambda: serve(self.children, name, command, url=url, ready=ready, env=env))

    def stop(self) -> None:
        """Stop all parts, the last started first."""
        self.children.stop(lambda child: self._progress(StackStep(child.name, StepState.STOPPING)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._temporary and not isinstance(error, Exception):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, part: str, start: Callable[[], Service]) -> Service:
        self._progress(StackStep(part, StepState.STARTING))
        service = start()
        self._progress(StackStep(part, StepState.READY, service.url))
        return service


def _python(module: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-u", "-m", module, *arguments]
