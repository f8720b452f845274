"""The topics of an installation: created, verified, listed, deleted."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, MemberToRemove
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    NoError,
    RetriableError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownMemberIdError,
    for_code,
)
from kafka.protocol.consumer.offsets import OffsetSpec

from ioc.time.instants import EpochMs
from streams.kafka.access import Access
from streams.kafka.refusals import forbidden, refusal
from streams.kafka.silence import ANSWER_SECONDS, AskingAgain
from streams.settings.settings import Settings

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_SEGMENT_BYTES = 1024**3
_DAY_MS = 24 * 60 * 60 * 1000
_BOOTSTRAP_TIMEOUT_MS, _OF_ONE_OF_SEVERAL_MS = 10_000, 5_000


class TopicError(RuntimeError):
    """Topics that cannot be used as they are; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be: its partition count and the configuration that differs by purpose."""

    name: str
    partitions: int
    config: dict[str, str]


@dataclass(frozen=True, slots=True)
class Drift:
    """One configuration value of an existing topic that is not what it must be."""

    topic: str
    key: str
    expected: str
    actual: str | None

    def __str__(self) -> str:
        return f"{self.topic}: {self.key} is {self.actual}, should be {self.expected}"


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is: the next offset of each partition."""

    name: str
    end_offsets: dict[int, int]


def planned_topics(
    settings: Settings, subsystems: Iterable[str], telemetry: Collection[str] = frozenset()
) -> list[Topic]:
    """Every topic that an installation with these subsystems needs.

    Those of ``telemetry`` have no lifecycles: what is long past can be forgotten.
    """
    names = settings.names
    # Event times may lie years back: with CreateTime, retention would delete a replay at once.
    common = {
        "message.timestamp.type": "LogAppendTime",
        "compression.type": "producer",
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
    }

    retention_bytes = max(settings.topic_bytes // settings.partitions, 1)

    def kept(days: int) -> dict[str, str]:
        return common | {
            "cleanup.policy": "delete",
            "retention.ms": str(days * _DAY_MS),
            "retention.bytes": str(retention_bytes),
            # Only whole segments are deleted, and never the one that is written.
            "segment.bytes": str(min(_SEGMENT_BYTES, max(retention_bytes // 4, 1024 * 1024))),
        }

    kept_days = {
        slug: settings.retention_days if slug in telemetry else settings.lifecycle_retention_days for slug in subsystems
    }
    # Small segments and a bounded lag, since the active segment is never compacted.
    compacted = common | {
        "cleanup.policy": "compact",
        "segment.bytes": str(64 * 1024 * 1024),
        "min.cleanable.dirty.ratio": "0.2",
        "max.compaction.lag.ms": str(_DAY_MS // 4),
    }
    return [
        *(Topic(names.events(slug), settings.partitions, kept(days)) for slug, days in kept_days.items()),
        Topic(names.sent_again, settings.partitions, kept(settings.lifecycle_retention_days)),
        Topic(names.state, settings.partitions, compacted),
        Topic(names.figures, settings.partitions, compacted),
        Topic(names.dead_letters, settings.partitions, kept(settings.retention_days)),
    ]


@contextmanager
def topic_admin(settings: Settings) -> Iterator["TopicAdmin"]:
    """Connect to Kafka for administration.

    Raises:
        TopicError: no broker answers, or not any more, or it does not let us in.
    """
    # Asked first, as the client would try again for ten seconds and not tell why.
    if (refused := refusal(settings)) is not None:
        raise TopicError(refused)
    try:
        with closing(_admin_client(settings)) as client:
            yield TopicAdmin(AskingAgain(client), settings)
    except RetriableError as error:  # what a broker that goes away, or has no leader yet, ends in
        raise TopicError(
            f"no Kafka broker answers at {settings.bootstrap_servers} ({error}): start it, or set "
            "IOC_BOOTSTRAP_SERVERS; where it asks for TLS or a login, IOC_SECURITY_PROTOCOL too"
        ) from error
    except (ClusterAuthorizationFailedError, GroupAuthorizationFailedError, TopicAuthorizationFailedError) as error:
        raise TopicError(forbidden(settings, f"do this ({error})")) from error


def _admin_client(settings: Settings) -> KafkaAdminClient:
    """A client that began at an address that answers; left to itself, it may wait at a silent one until the end."""
    options = settings.kafka_options()
    *others, last = options.pop("bootstrap_servers")
    limits = {"bootstrap_timeout_ms": _OF_ONE_OF_SEVERAL_MS if others else _BOOTSTRAP_TIMEOUT_MS}
    limits["request_timeout_ms"] = int(ANSWER_SECONDS * 1000)
    for address in others:
        with suppress(RetriableError):
            return KafkaAdminClient(bootstrap_servers=address, **options, **limits)
    return KafkaAdminClient(bootstrap_servers=last, **options, **limits)


class TopicAdmin:
    """What can be done to topics and group members. Blocking: use a thread beside an event loop."""

    def __init__(self, client: KafkaAdminClient | AskingAgain, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._names = settings.names

    def ensure(self, subsystems: Iterable[str], telemetry: Collection[str] = frozenset()) -> list[str]:
        """Create the topics that are missing and return their names; ``telemetry`` as for `planned_topics`.

        Raises:
            TopicError: an existing topic has another partition count.
        """
        planned = planned_topics(self._settings, subsystems, telemetry)
        self._check_partitions(planned)
        existing = set(self._client.list_topics())
        missing = [topic for topic in planned if topic.name not in existing]
        if missing:
            self._create(missing)
        # Another process may have created some in the meantime, with other settings.
        self._check_partitions(planned)
        return [topic.name for topic in missing]

    @property
    def access(self) -> Access:
        """Users and grants, over the same connection."""
        return Access(self._client, self._settings)

    def exists(self, name: str) -> bool:
        """Whether there is a topic of this name."""
        return name in self._client.list_topics()

    def ensure_pointer(self, name: str) -> None:
        """Create the one-partition topic that names what is live, if it is missing. Raises TopicError."""
        if not self.exists(name):
            self._create([Topic(name, 1, {"cleanup.policy": "compact"})])

    def drift(self, subsystems: Iterable[str], telemetry: Collection[str] = frozenset()) -> list[Drift]:
        """Configuration of existing topics that is not as planned; ``telemetry`` as for `planned_topics`."""
        existing = set(self._client.list_topics())
        planned = planned_topics(self._settings, subsystems, telemetry)
        return self._drifted({topic.name: topic.config for topic in planned if topic.name in existing})

    def _drifted(self, planned: dict[str, dict[str, str]]) -> list[Drift]:
        if not planned:
            return []
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in planned]
        actual = self._client.describe_configs(resources, config_filter="all")["topic"]
        return [
            Drift(topic, key, expected, value)
            for topic, config in planned.items()
            for key, expected in config.items()
            if (value := actual[topic].get(key, {}).get("value")) != expected
        ]

    def repair(self, drifts: Iterable[Drift]) -> None:
        """Set the drifted configuration values to what is planned.

        Raises:
            TopicError: the broker does not show them in time.
        """
        wanted: dict[str, dict[str, str]] = {}
        for drift in drifts:
            wanted.setdefault(drift.topic, {})[drift.key] = drift.expected
        if wanted:
            self._client.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic, config) for topic, config in wanted.items()]
            )
            _wait(lambda: not self._drifted(wanted), "configuration not changed")

    def states(self) -> list[TopicState]:
        """Every topic of the prefix, and every source topic, with its end offsets, by name."""
        partitions = self._partitions({*self._own_topics(), *self._topics_of(self._names.events(""))})
        specs = {
            TopicPartition(name, partition): OffsetSpec.LATEST
            for name, indexes in partitions.items()
            for partition in indexes
        }
        ends = self._client.list_partition_offsets(specs) if specs else {}
        return [
            TopicState(name, {i: ends[TopicPartition(name, i)].offset for i in sorted(indexes)})
            for name, indexes in sorted(partitions.items())
        ]

    def kept(self, topic: str) -> tuple[EpochMs, bool] | None:
        """The append time of a topic's oldest record, in the partition that begins last, and whether any before one was
        deleted; None where it holds no record.
        """
        partitions = [TopicPartition(topic, index) for index in self._partitions([topic])[topic]]
        begins = self._client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
        oldest = self._client.list_partition_offsets(dict.fromkeys(partitions, 0))
        appended = [found.timestamp for found in oldest.values() if found.timestamp >= 0]
        return (EpochMs(max(appended)), any(begin.offset for begin in begins.values())) if appended else None

    def delete_all(self) -> list[str]:
        """Delete every topic of the prefix and the workers' group; wait until they are gone.

        Raises:
            TopicError: the broker has not finished in time, or the group has members.
        """
        own = self._own_topics()
        if own:
            self._client.delete_topics(own)
        _wait(lambda: not self._own_topics(), f"topics of {self._names.prefix} not deleted")
        self._delete_group()
        return own

    def remove_members(self, instances: Iterable[str]) -> dict[str, bool]:
        """Take static members out of the workers' group, as on a deliberate scale-down.

        Returns whether each instance was a member.
        """
        wanted = [*instances]
        if not wanted or not self._group_exists():
            return dict.fromkeys(wanted, False)
        members = [MemberToRemove(group_instance_id=instance) for instance in wanted]
        result = self._client.remove_group_members(self._names.group, members)
        for instance, error in result.items():
            if error not in (NoError, UnknownMemberIdError):
                raise error(f"removing {instance} from {self._names.group}")
        return {instance: result[instance] is NoError for instance in wanted}

    def _group_exists(self) -> bool:
        return any(group["group_id"] == self._names.group for group in self._client.list_groups())

    def _delete_group(self) -> None:
        group = self._names.group
        if self._group_exists():
            outcome = self._client.delete_groups([group])[group]
            if outcome != "OK":
                raise TopicError(f"cannot delete the workers' group {group}: {outcome}; stop its members first")

    def _own_topics(self) -> list[str]:
        return self._topics_of(f"{self._names.prefix}.")

    def _topics_of(self, head: str) -> list[str]:
        return sorted(name for name in self._client.list_topics() if name.startswith(head))

    def _partitions(self, names: Iterable[str]) -> dict[str, list[int]]:
        wanted = [*names]
        if not wanted:
            return {}
        found = {}
        for topic in self._client.describe_topics(wanted):
            if topic["error_code"]:
                raise for_code(topic["error_code"])(topic["name"])
            found[topic["name"]] = [part["partition_index"] for part in topic["partitions"]]
        return found

    def _check_partitions(self, planned: Iterable[Topic]) -> None:
        existing = set(self._client.list_topics())
        expected = {topic.name: topic.partitions for topic in planned if topic.name in existing}
        differing = {
            name: len(indexes) for name, indexes in self._partitions(expected).items() if len(indexes) != expected[name]
        }
        if differing:
            found = ", ".join(f"{name} has {count}" for name, count in sorted(differing.items()))
            raise TopicError(
                f"IOC_PARTITIONS is {self._settings.partitions}, but {found}. The partition count "
                "is fixed, as the state of an entity lives in the partition of its key. Set "
                "IOC_PARTITIONS to the existing count, or replay the events into new topics under "
                "another IOC_TOPIC_PREFIX"
            )

    def _create(self, topics: Iterable[Topic]) -> None:
        request = {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": self._settings.replication_factor,
                "configs": topic.config,
            }
            for topic in topics
        }
        result = self._client.create_topics(request, raise_errors=False)
        for topic in result["topics"]:
            error = for_code(topic["error_code"])
            if error not in (NoError, TopicAlreadyExistsError):
                if error is TopicAuthorizationFailedError:
                    raise TopicError(forbidden(self._settings, f"create {topic['name']}, or see that it exists"))
                raise TopicError(f"cannot create {topic['name']}: {topic['error_message'] or error.__name__}")
        self._client.wait_for_topics(list(request))


def _wait(done: Callable[[], bool], complaint: str, seconds: float = 30.0) -> None:
    # Brokers acknowledge a change before every broker's view of the metadata shows it.
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TopicError(f"{complaint} after {seconds:g} s")
        time.sleep(0.05)
