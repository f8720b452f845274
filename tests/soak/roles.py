"""Which of several brokers has which part, and whether all of them have all copies."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from streams.settings.settings import Settings

_PATIENCE_MS = 10_000


class Roles:
    """Asked of the brokers each time. Raises KafkaError where none answers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def leader(self, topic: str, partition: int) -> int:
        """The broker that takes and gives what is in a partition."""
        with self._admin() as admin:
            parts = admin.describe_topics([topic])[0]["partitions"]
        return next(int(part["leader_id"]) for part in parts if part["partition_index"] == partition)

    def coordinator(self, transactional_id: str) -> int:
        """The broker that decides over the transactions of an id."""
        with self._admin() as admin:
            found = admin.describe_transactions([transactional_id])
        return int(found[transactional_id].coordinator_id)

    def controller(self) -> int:
        """The broker that decides which ones lead."""
        with self._admin() as admin:
            quorum = admin.describe_metadata_quorum()
        return int(quorum["topics"][0]["partitions"][0]["leader_id"])

    def in_step(self) -> bool:
        """Whether every copy of every partition has all that its leader has; False, too, where nobody tells."""
        try:
            with self._admin() as admin:
                parts = [part for topic in admin.describe_topics() for part in topic["partitions"]]
        except KafkaError:
            return False
        return all(len(part["isr_nodes"]) == len(part["replica_nodes"]) for part in parts)

    def configure(self, config: Mapping[str, str], *topics: str) -> bool:
        """Set this of some topics; returns whether anybody took it."""
        try:
            with self._admin() as admin:
                admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(config)) for topic in topics])
        except KafkaError:
            return False
        return True

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        client = KafkaAdminClient(
            **self._settings.kafka_options(), bootstrap_timeout_ms=_PATIENCE_MS, request_timeout_ms=_PATIENCE_MS
        )
        try:
            yield client
        finally:
            client.close()
