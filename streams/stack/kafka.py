"""A one-node Apache Kafka broker (KRaft) as a child process."""

import base64
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.stack.children import Child, Children
from streams.stack.jars import find_java, kafka_jars
from streams.stack.ports import free_ports, is_listening

_LOG4J = """\
status = warn
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %c{1}: %m%n
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = warn
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
"""

SHORT_LIVED = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a broker that lives for minutes on cores that others need: the optimising compiler alone took half a minute."""

# One node cannot replicate; fewer internal partitions and no wait for further group members make it start fast.
_PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After a kill -9 the controller refuses the new broker until the old one's session has ended (9 s by default).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
}


class Kafka:
    """A broker that listens on 127.0.0.1 only and can be killed and started again on the same data and ports.

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
        client_options: Mapping[str, Any] | None = None,
        port: int | None = None,
    ) -> None:
        """Prepare a broker whose data and configuration live in `folder` (kept if it holds a broker's data already).

        heap: the largest Java heap, as java's -Xmx takes it.
        java_options: how Java runs it.
        properties: server properties that are added to ours or replace them. The clients' listener is named CLIENT.
        client_options: what a kafka-python client needs beside the address, if `properties` ask for TLS or a login.
        port: where clients reach it, by default a free port.
        """
        self._children = children
        self._folder = folder
        self._heap = heap
        self._java_options = java_options
        self._client_options = dict(client_options or {})
        self._child: Child | None = None
        free, controller_port = free_ports(2)
        self.port = port or free
        self.bootstrap = f"127.0.0.1:{self.port}"
        listeners = {
            "listeners": f"CLIENT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"CLIENT://{self.bootstrap}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
            "log.dirs": str(folder / "data"),
        }
        self._properties = {**_PROPERTIES, **listeners, **(properties or {})}

    @property
    def child(self) -> Child:
        """The broker's process. Raises RuntimeError before the first start."""
        if self._child is None:
            raise RuntimeError("The broker has not been started: call start() first.")
        return self._child

    def start(self, timeout: float = 180.0) -> None:
        """Start the broker and return when it answers.

        It takes 5 to 7 seconds on two idle cores, 40 on busy ones, and 3 more after a kill. Raises SetupError without
        Java or the jars, ChildFailed if it does not answer within `timeout` seconds.
        """
        java, jars = find_java(), kafka_jars()
        self._write_configuration()
        program = [java, f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}", "-cp", f"{jars}/*"]
        if not (self._folder / "data" / "meta.properties").exists():
            self._format(program)
        memory = [f"-Xmx{self._heap}", "-XX:+ExitOnOutOfMemoryError", *self._java_options]
        self._child = self._children.start(
            "kafka", [program[0], *memory, *program[1:], "kafka.Kafka", str(self._server_properties)]
        )
        self._child.wait_until(self._answers, timeout)

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
        (self._folder / "log4j2.properties").write_text(_LOG4J)
        self._server_properties.touch(mode=0o600)  # properties may hold passwords
        self._server_properties.write_text("".join(f"{name}={value}\n" for name, value in self._properties.items()))

    def _format(self, program: list[str]) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # A leading dash would be read as an option.
        cluster = cluster.replace("-", "_")
        arguments = ["format", "-t", cluster, "-c", str(self._server_properties)]
        formatter = self._children.start(
            "kafka", [program[0], "-XX:TieredStopAtLevel=1", *program[1:], "kafka.tools.StorageTool", *arguments]
        )
        if formatter.wait():
            raise formatter.failure("could not format its data folder")

    def _answers(self) -> bool:
        if not is_listening(self.port):  # spares the client's own retries, which back off
            return False
        try:
            client = KafkaAdminClient(
                bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=2000, **self._client_options
            )
        except KafkaError:
            return False
        try:
            client.describe_cluster()
        except KafkaError:
            return False
        finally:
            client.close()
        return True
