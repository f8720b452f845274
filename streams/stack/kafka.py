"""An Apache Kafka broker (KRaft) as a child process: alone, or one of several."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.settings.secrets.tls import client_context
from streams.stack.children import Child, Children
from streams.stack.jars import KAFKA, find_jars
from streams.stack.java import find_java
from streams.stack.ports import free_ports, is_listening, require_free, taken

_HERE = Path(__file__).parent
SHORT_LIVED = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a broker that lives for minutes on cores that others need: the optimising compiler alone took half a minute."""

_FIX = "set IOC_BOOTSTRAP_SERVERS=127.0.0.1:PORT with a free one"

_PLAINTEXT = {
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "CLIENT",
}


@dataclass(frozen=True)
class Security:
    """The certificates of a broker that asks its clients who they are."""

    pair_file: Path
    """PEM file of the broker's key and certificate, which names `kafka` and 127.0.0.1."""
    ca_file: Path
    """PEM file of the authority that vouches for the broker and for clients with certificates."""


def new_cluster_id() -> str:
    """An id that no cluster has yet."""
    made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # A leading dash would be read as an option.
    return made.replace("-", "_")


@dataclass(frozen=True)
class Seat:
    """Where a broker runs."""

    host: str = "127.0.0.1"
    """Where clients reach it."""
    peers: str = "127.0.0.1"
    """Where the other brokers reach it."""
    enter: tuple[str, ...] = ()
    """The program that starts others there, and its arguments: none where this process is."""


@dataclass(frozen=True)
class Member:
    """What makes a broker one of several."""

    number: int
    seat: Seat
    cluster: str
    """The id that they have in common."""
    controllers: Mapping[int, str]
    """Where each answers as a controller, by its number."""
    peers: str
    """Where this one answers the others as a broker."""

    def properties(self, clients: str) -> dict[str, str]:
        """Server properties of this broker, which answers clients at this address."""
        advertised = f"CLIENT://{clients},PEERS://{self.peers}"
        return {
            **read_properties("kafka-copies.properties"),
            "node.id": str(self.number),
            "listeners": f"{advertised},CONTROLLER://{self.controllers[self.number]}",
            "advertised.listeners": advertised,
            "controller.quorum.voters": ",".join(f"{number}@{at}" for number, at in self.controllers.items()),
        }


class Kafka:
    """A broker that listens on one address only and can be killed and started again on the same data and ports.

    Topics are not created by being named: create them. `max.message.bytes` may be raised per topic.
    """

    def __init__(
        self,
        children: Children,
        folder: Path,
        *,
        heap: str = "1g",
        java_options: Sequence[str] = SHORT_LIVED,
        properties: Mapping[str, str] | None = None,
        port: int | None = None,
        security: Security | None = None,
        member: Member | None = None,
    ) -> None:
        """Prepare a broker whose data and configuration live in `folder` (kept if it holds a broker's data already).

        heap: the largest Java heap, as java's -Xmx takes it.
        java_options: how Java runs it.
        properties: server properties that are added to ours or replace them. The clients' listener is named CLIENT.
        port: where clients reach it, by default a free port.
        security: makes clients log in with SCRAM over TLS, or show a certificate at `mutual`, and grants them nothing
            at first. Without it whoever reaches the broker may do anything.
        member: makes it one of several, see `Cluster`; by default it is alone, on 127.0.0.1.
        """
        self._children = children
        self._folder = folder
        self._heap = heap
        self._java_options = java_options
        self._security = security
        self._child: Child | None = None
        self.name = f"kafka-{member.number}" if member else "kafka"
        self._seat = member.seat if member else Seat()
        self._cluster_id = member.cluster if member else new_cluster_id()
        free, mutual_port, controller_port = free_ports(3)
        self.port = port or free
        self.bootstrap = f"{self._seat.host}:{self.port}"
        self.mutual = f"127.0.0.1:{mutual_port}"
        """Where a secure broker takes certificates instead of passwords."""
        self._ports = (self.port, *(() if member else (controller_port,)), *((mutual_port,) if security else ()))
        advertised = f"CLIENT://{self.bootstrap}" + (f",MUTUAL://{self.mutual}" if security else "")
        self._properties = {
            **read_properties("kafka.properties"),
            **(_PLAINTEXT if security is None else _secure(security)),
            "listeners": f"{advertised},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": advertised,
            "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
            "log.dirs": str(folder / "data"),
            **(member.properties(self.bootstrap) if member else {}),
            **(properties or {}),
        }

    @property
    def child(self) -> Child:
        """The broker's process. Raises RuntimeError before the first start."""
        if self._child is None:
            raise RuntimeError("The broker has not been started: call start() first.")
        return self._child

    def start(self, timeout: float = 180.0) -> None:
        """Start the broker and return when it answers.

        It takes 5 to 7 seconds on two idle cores, 40 on busy ones, and 3 more after a kill. Raises what `launch` does,
        and ChildFailed if it does not answer within `timeout` seconds.
        """
        self.launch()
        self.child.wait_until(self.answers, timeout)

    def launch(self) -> None:
        """Start the broker and return at once, or once its data folder is formatted, which takes seconds.

        Raises SetupError where Java, the jars or one of its ports is missing, ChildFailed where it does not format.
        """
        java = find_java()
        for port in self._ports if not self._seat.enter else ():
            require_free(port, "Kafka", _FIX)
        self._write_configuration()
        if not (self._folder / "data" / "meta.properties").exists():
            self._format(java)
        memory = [f"-Xmx{self._heap}", "-XX:+ExitOnOutOfMemoryError", *self._java_options]
        self._child = self._start(java, memory, "kafka.Kafka", str(self._server_properties))

    def stop(self) -> None:
        """Shut the broker down in order."""
        self.child.stop()

    def kill(self) -> None:
        """End the broker as a crash would (kill -9)."""
        self.child.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _server_properties(self) -> Path:
        return self._folder / "server.properties"

    def _write_configuration(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._server_properties.touch(mode=0o600)  # properties may hold passwords
        self._server_properties.write_text("".join(f"{name}={value}\n" for name, value in self._properties.items()))

    def _format(self, java: Path) -> None:
        arguments = ["format", "-t", self._cluster_id, "-c", str(self._server_properties)]
        formatter = self._start(java, ["-XX:TieredStopAtLevel=1"], "kafka.tools.StorageTool", *arguments)
        if formatter.wait():
            raise formatter.failure("could not format its data folder")

    def _start(self, java: Path, options: Sequence[str], main: str, *arguments: str) -> Child:
        log = f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}"
        program = [str(java), *options, log, "-cp", f"{find_jars(KAFKA)}/*", main, *arguments]
        return self._children.start(self.name, [*self._seat.enter, *program])

    @property
    def _own_client(self) -> dict[str, Any]:
        if self._security is None:
            return {"bootstrap_servers": self.bootstrap}
        pair, ca = self._security.pair_file, self._security.ca_file
        # The broker's own certificate is the one that needs no grant.
        context = client_context("", ca, pair, pair)
        return {"bootstrap_servers": self.mutual, "security_protocol": "SSL", "ssl_context": context}

    def answers(self) -> bool:
        """Whether it does now. Raises SetupError where another broker does in its place."""
        if not is_listening(self.port, self._seat.host):  # spares the client's own retries, which back off
            return False
        try:
            client = KafkaAdminClient(bootstrap_timeout_ms=2000, **self._own_client)
        except KafkaError:
            return False
        try:
            cluster = client.describe_cluster()["cluster_id"]
        except KafkaError:
            return False
        finally:
            client.close()
        if cluster != _properties_of(self._folder / "data" / "meta.properties")["cluster.id"]:
            raise taken(self.port, "Kafka", _FIX)
        return True


def read_properties(name: str) -> dict[str, str]:
    """The properties of a file beside this one: docker compose mounts the same files."""
    return _properties_of(_HERE / name)


def _properties_of(file: Path) -> dict[str, str]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _secure(security: Security) -> dict[str, str]:
    return {
        **read_properties("kafka-secure.properties"),
        "ssl.keystore.location": str(security.pair_file),
        "ssl.truststore.location": str(security.ca_file),
    }
