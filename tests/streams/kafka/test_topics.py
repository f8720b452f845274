import asyncio
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer
from kafka import errors

from streams.kafka.topics import MAX_MESSAGE_BYTES, TopicError, planned_topics, topic_admin
from streams.settings.names import Names
from streams.settings.settings import Settings

pytestmark = pytest.mark.kafka
Installation = Callable[..., Settings]


def test_every_subsystem_has_a_source_topic_beside_the_four_common_ones(installation: Installation) -> None:
    settings = installation()
    with topic_admin(settings) as admin:
        created = admin.ensure(["health", "tourism"])
        prefix = settings.topic_prefix
        assert sorted(created) == [
            f"{prefix}.dead-letters",
            f"{prefix}.events.health",
            f"{prefix}.events.tourism",
            f"{prefix}.figures",
            f"{prefix}.sent-again",
            f"{prefix}.state",
        ]
        assert {state.name: state.end_offsets for state in admin.states()} == {
            name: {0: 0, 1: 0, 2: 0} for name in created
        }


def test_only_what_is_missing_is_created(installation: Installation) -> None:
    settings = installation()
    with topic_admin(settings) as admin:
        admin.ensure(["health"])
        assert admin.ensure(["health", "tourism"]) == [Names(settings.topic_prefix).events("tourism")]


def test_another_partition_count_is_refused_with_the_way_out(installation: Installation) -> None:
    settings = installation()
    changed = settings.model_copy(update={"partitions": 4})
    with topic_admin(settings) as admin, topic_admin(changed) as other:
        admin.ensure(["health"])
        with pytest.raises(TopicError, match=r"events\.health has 3.*Set IOC_PARTITIONS to the existing count"):
            other.ensure(["health", "tourism"])
        assert len(admin.states()) == 5, "nothing was created after the refusal"


def test_new_topics_do_not_drift(installation: Installation) -> None:
    with topic_admin(installation()) as admin:
        admin.ensure(["health"])
        assert admin.drift(["health"]) == []


def test_drift_is_reported_and_repaired(installation: Installation) -> None:
    settings = installation()
    stricter = settings.model_copy(update={"retention_days": 3})
    with topic_admin(settings) as admin, topic_admin(stricter) as later:
        admin.ensure(["health", "environment"], {"environment"})
        drifts = later.drift(["health", "environment"], {"environment"})
        assert [str(drift).removeprefix(settings.topic_prefix) for drift in drifts] == [
            ".events.environment: retention.ms is 3024000000, should be 259200000",
            ".dead-letters: retention.ms is 3024000000, should be 259200000",
        ]
        later.repair(drifts)
        assert later.drift(["health", "environment"], {"environment"}) == []


def test_topics_keep_append_time_and_take_four_mebibytes(installation: Installation) -> None:
    for topic in planned_topics(installation(), ["health"]):
        assert topic.config["message.timestamp.type"] == "LogAppendTime"
        assert topic.config["max.message.bytes"] == str(MAX_MESSAGE_BYTES)


def test_what_is_not_said_to_be_telemetry_is_kept_for_400_days(installation: Installation) -> None:
    planned = planned_topics(installation(), ["health", "environment"], {"environment"})
    days = {topic.name.rpartition(".")[2]: int(topic.config.get("retention.ms", 0)) / 86_400_000 for topic in planned}
    assert days == {"health": 400, "environment": 35, "state": 0, "figures": 0, "dead-letters": 35, "sent-again": 400}


def test_deleting_a_prefix_leaves_a_longer_one_alone(installation: Installation) -> None:
    settings = installation()
    replay = installation(topic_prefix=f"{settings.topic_prefix}-replay")
    with topic_admin(settings) as admin, topic_admin(replay) as other:
        admin.ensure(["health"])
        other.ensure(["health"])
        assert len(admin.delete_all()) == 5
        assert admin.states() == []
        assert len(other.states()) == 5


async def test_a_static_member_leaves_only_when_removed(installation: Installation) -> None:
    settings = installation()
    names = Names(settings.topic_prefix)
    with topic_admin(settings) as admin:
        await asyncio.to_thread(admin.ensure, ["health"])
        assert await asyncio.to_thread(admin.remove_members, ["w1"]) == {"w1": False}
        consumer = AIOKafkaConsumer(
            names.events("health"), group_id=names.group, group_instance_id="w1", **settings.kafka_options()
        )
        await consumer.start()
        assert consumer.assignment()
        await consumer.stop()
        assert await asyncio.to_thread(admin.remove_members, ["w1", "w2"]) == {"w1": True, "w2": False}


def test_a_broker_that_does_not_answer_is_named() -> None:
    with (
        pytest.raises(TopicError, match=r"no Kafka broker answers at 127\.0\.0\.1:1 .*IOC_BOOTSTRAP_SERVERS"),
        topic_admin(Settings(bootstrap_servers="127.0.0.1:1")),
    ):
        pass


@pytest.mark.parametrize("error", errors.RetriableError.__subclasses__())
def test_a_broker_that_goes_away_while_it_is_asked_is_named(installation: Installation, error: type[Exception]) -> None:
    """Whatever the client makes of it: its threads see it at any moment between two requests."""
    with pytest.raises(TopicError, match="no Kafka broker answers"), topic_admin(installation()):
        raise error("no node")
