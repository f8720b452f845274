"""Who may do what in Kafka, by the plan; `tests/secure` tries it on a broker that asks."""

from streams.kafka.access import planned_grants, users
from streams.settings.names import Names
from tests.packaged import packaged_catalogue

SUBSYSTEMS = packaged_catalogue().subsystems
NAMES = Names("ioc")


def test_every_feed_is_a_user_that_may_write_its_subsystems_topic_and_nothing_else() -> None:
    feeds = {f"ioc-feed-{slug}.{feed}": slug for slug, each in SUBSYSTEMS.items() for feed in each.feeds}
    in_transactions = {
        f"ioc-feed-{slug}.{feed}"
        for slug, each in SUBSYSTEMS.items()
        for feed, spec in each.feeds.items()
        if spec.transactions
    }
    assert {user for user in users(NAMES, SUBSYSTEMS) if user.startswith("ioc-feed-")} == feeds.keys()
    granted = {user: set[tuple[str, str, str]]() for user in feeds}
    for grant in planned_grants(NAMES, SUBSYSTEMS):
        if grant.user in granted:
            assert not grant.prefixed
            granted[grant.user].add((grant.resource, grant.name, grant.operation))
    for user, subsystem in feeds.items():
        topic, transactions = ("TOPIC", f"ioc.events.{subsystem}", "WRITE"), ("TRANSACTIONAL_ID", user, "WRITE")
        assert granted[user] == ({topic, transactions} if user in in_transactions else {topic})


def test_a_feed_that_sends_by_the_gateway_alone_is_no_user_and_has_no_grants() -> None:
    health = SUBSYSTEMS["health"]
    feeds = {slug: spec.model_copy(update={"gateway_only": True}) for slug, spec in health.feeds.items()}
    subsystems = {**SUBSYSTEMS, "health": health.model_copy(update={"feeds": feeds})}
    gone = {f"ioc-feed-health.{feed}" for feed in feeds}
    assert {*users(NAMES, SUBSYSTEMS)} - {*users(NAMES, subsystems)} == gone
    planned = planned_grants(NAMES, subsystems)
    assert not gone & {grant.user for grant in planned}
    assert {grant.user for grant in planned if grant.name == "ioc.events.health" and grant.operation == "WRITE"} == {
        "ioc-gateway"
    }
