"""The installation under test: brokers, workers and exporters as child processes that somebody watches over."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ioc.catalogue.loader import PACKAGED
from streams.kafka.topics import topic_admin
from streams.process.ending import TIME_LIMIT
from streams.settings.settings import Settings, load_settings
from streams.stack.children import Child
from streams.stack.kafka import Kafka
from streams.stack.ports import free_port, is_listening
from streams.stack.stack import Stack
from tests.soak.plan import Course, Wait
from tests.soak.roles import Roles
from tests.soak.worker import FAULT

RELAY = "relay"
PARTITIONS = 6
SESSION_TIMEOUT = 8.0


_MORE_KPIS = """\
kpis:
  received_by_both:
    kind: count
    name: {vi: Tiếp nhận, en: Received}
    description: {vi: Tiếp nhận, en: Received}
    of: [request.received]
    unit: requests
    by: [[service_code, agency_responsible]]
    windows: [today, 30d, total]
  open_by_both:
    kind: open
    name: {vi: Đang xử lý, en: Open}
    description: {vi: Đang xử lý, en: Open}
    entity: request
    unit: requests
    by: [[service_code, agency_responsible]]
    windows: [total]
"""


def newer_subsystems(folder: Path) -> Path:
    """Write the subsystem files of a later version of the catalogue: one has KPIs that are counted from its state."""
    folder.mkdir()
    text = (PACKAGED / "subsystems" / "citizen_feedback.yaml").read_text()
    (folder / "citizen_feedback.yaml").write_text(text.replace("kpis:\n", _MORE_KPIS))
    return folder


_PORTS = {
    "exporter": "IOC_EXPORTER_PORT",
    "relay": "IOC_RELAY_PORT",
    "worker": "IOC_WORKER_METRICS_PORT",
}
"""By command where what it starts answers."""
_PATIENCE = 30.0
"""Seconds until a worker that has something to do meets its fault."""
_BROKER_PATIENCE = 180.0
"""Seconds that a broker may take to start on a machine that has more to do than it can."""
_REPORTS = {
    "restores": "Restored partitions",
    "partitions lost to a newer owner (fenced)": "belongs to another worker now",
    "checkpoints whose outcome only the log could tell": "Was the checkpoint written?",
    "torn checkpoints, rebuilt": "Rebuilding it from the first offset",
}


def _command(name: str) -> str:
    """What is started under a name, of which there may be several with numbers."""
    return name.partition("-")[0]


@contextmanager
def standing_still(child: Child) -> Iterator[None]:
    """Within the context a process is stopped (SIGSTOP)."""
    child.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        child.signal(signal.SIGCONT)


class Installation:
    """Starts what should run, and again what ended by itself, as an init system does.

    Args:
        stack: where its children live.
        brokers: its brokers, which run.
        subsystems: whose topics it has.
        environment: added to that of workers and exporters.
    """

    def __init__(
        self, stack: Stack, brokers: Sequence[Kafka], subsystems: list[str], environment: dict[str, str]
    ) -> None:
        self._stack = stack
        self.brokers = brokers
        bootstrap = ",".join(broker.bootstrap for broker in brokers)
        self.settings: Settings = load_settings(
            bootstrap_servers=bootstrap, partitions=PARTITIONS, clock="event", simulated=True
        )
        self.roles = Roles(self.settings)
        self.environment = {
            "IOC_BOOTSTRAP_SERVERS": bootstrap,
            "IOC_PARTITIONS": str(PARTITIONS),
            "IOC_WORKER_SESSION_TIMEOUT": str(SESSION_TIMEOUT),
            "IOC_CLOCK": "event",
            "IOC_SIMULATED": "true",
            **environment,
        }
        with topic_admin(self.settings) as admin:
            admin.ensure(subsystems)
        self._running: dict[str, Child] = {}
        self.newer = False
        """Whether workers are started with the newer catalogue."""
        self._newer_subsystems = newer_subsystems(stack.logs.parent / "newer")
        self._ports: dict[str, int] = {}
        self.overdue: list[str] = []
        """What had a fault and did not end as it must."""
        self.unserved = 0
        """How often something ended because it was started while no broker answered, which it says in one line."""
        self.crashed: list[str] = []
        """What ended otherwise though nobody had asked it to, with the end of its log."""

    @property
    def logs(self) -> Path:
        return self._stack.logs

    @property
    def workers(self) -> list[str]:
        """Names of the workers that should run."""
        return self._named("worker")

    @property
    def exporters(self) -> list[str]:
        """Names of the exporters."""
        return self._named("exporter")

    def _named(self, command: str) -> list[str]:
        return sorted(name for name in self._running if _command(name) == command)

    def child(self, name: str) -> Child:
        return self._running[name]

    def port(self, name: str) -> int:
        """Where a process answers, whether it runs or not."""
        return self._ports.setdefault(name, free_port())

    def works(self) -> Callable[[], bool]:
        """Tells whether all that runs does its part, which it begins with some seconds after its start."""
        ready = self.progress(checkpoints=1)
        return lambda: (
            ready()
            and all(self.page(name) for name in self.exporters)
            and (RELAY not in self._running or is_listening(self.port(RELAY)))
        )

    def start(self, name: str) -> None:
        """Start a worker, an exporter or the relay."""
        command = _command(name)
        own = {_PORTS[command]: str(self.port(name))}
        if command != "worker":
            self._running[name] = self._stack.start_python(name, "ioc.cli", command, env=self.environment | own)
            return
        if self.newer:
            own["IOC_SUBSYSTEMS"] = str(self._newer_subsystems)
        # One with a lasting name among others without: both ways of membership.
        if name == "worker-1":
            own["IOC_WORKER_INSTANCE_ID"] = name
        fault = str(self._fault(name))
        self._running[name] = self._stack.start_python(name, "tests.soak.worker", fault, env=self.environment | own)

    def _fault(self, name: str) -> Path:
        return self.logs.parent / f"{name}.fault"

    def stop(self, name: str) -> None:
        """Stop it in order, for good."""
        self._running.pop(name).stop()

    def restart(self, name: str) -> None:
        """Stop it in order and start it again."""
        self.stop(name)
        self.start(name)

    def kill(self, *names: str) -> None:
        """End them at once (kill -9) and start them again."""
        for name in names:
            self.child(name).asked_to_end = True
            self.child(name).signal(signal.SIGKILL)
        for name in names:
            self.child(name).wait()
            self.start(name)

    def break_engine(self, name: str, place: str) -> Course:
        """Let a worker have a fault, and start it again when it has ended, as it must within ten seconds.

        It has struck where the worker met it, which needs something to do.
        """
        child, told = self.child(name), self._log_of(name).count(FAULT)
        child.asked_to_end = True
        self._fault(name).write_text(place)
        if met := (yield Wait(_PATIENCE, until=lambda: self._log_of(name).count(FAULT) > told)):
            if not (yield Wait(TIME_LIMIT + 1.0, until=lambda: not child.running)):
                self.overdue.append(f"{name} had a fault in {place} and did not end within {TIME_LIMIT:g} s")
                child.kill()
            elif child.exit_code != 1:
                self.overdue.append(f"{name} had a fault in {place} and ended with code {child.exit_code}, not 1")
        child.asked_to_end = False
        self._fault(name).unlink()
        if met:
            self.start(name)
        return met

    def _log_of(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def start_brokers(self, *brokers: Kafka) -> Course:
        """Start brokers that are down. Raises ChildFailed."""
        for broker in brokers:
            broker.launch()
        for broker in brokers:
            if not (yield Wait(_BROKER_PATIENCE, until=broker.answers)):
                raise broker.child.failure("does not answer")
        return True

    def scale(self, count: int) -> None:
        """Stop or start workers until so many run."""
        for name in self.workers[count:]:
            self.stop(name)
        for number in range(1, count + 1):
            if f"worker-{number}" not in self._running:
                self.start(f"worker-{number}")

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Within the context the process stands still."""
        with standing_still(self.child(name)):
            yield

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Watch over everything for some seconds or until something is so; returns whether it is."""
        end = time.monotonic() + seconds
        while not (done := until()) and time.monotonic() < end:
            time.sleep(min(0.5, max(0.01, end - time.monotonic())))
            self._look()
        return done

    def _look(self) -> None:
        for name, child in list(self._running.items()):
            if not child.running and not child.asked_to_end:
                if child.last_lines(1).startswith("ioc: "):
                    self.unserved += 1
                else:
                    self.crashed.append(child.last_lines())
                self.start(name)

    def said(self) -> dict[str, int]:
        """How often workers reported what is worth knowing."""
        logs = [path.read_text(errors="replace") for path in self.logs.glob("worker-*.log")]
        return {what: sum(log.count(words) for log in logs) for what, words in _REPORTS.items()}

    def pages(self) -> list[list[str]]:
        """Those of all exporters."""
        return [self.page(name) for name in self.exporters]

    def page(self, name: str) -> list[str]:
        """The lines of a process' metrics; none while it is not there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port(name)}/metrics", timeout=5) as reply:
                return reply.read().decode().splitlines()
        except OSError:
            return []

    def progress(self, checkpoints: int) -> Callable[[], bool]:
        """Tells whether every worker has written so many more checkpoints than now."""
        before = {name: self._checkpoints(name) for name in self.workers}
        return lambda: all(self._checkpoints(name) >= before[name] + checkpoints for name in before)

    def _checkpoints(self, name: str) -> int:
        head = "ioc_worker_checkpoint_seconds_count "
        return next((int(float(line.removeprefix(head))) for line in self.page(name) if line.startswith(head)), 0)

    def command(self, *arguments: str) -> str:
        """What `ioc` prints for these arguments."""
        done = subprocess.run(
            [sys.executable, "-m", "ioc.cli", *arguments],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            encoding="utf-8",
        )
        return done.stdout
