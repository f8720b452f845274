"""Who may do what in Kafka: derived from the catalogue, compared with what the brokers grant, applied.

Each part of an installation has a Kafka user of its own. So has each feed, which may write its subsystem's topic and
nothing else. Kafka grants topics and knows nothing of types of events: the gateway alone keeps the feeds of a subsystem
apart.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError, NoError, for_code
from kafka.protocol.admin import AlterClientQuotasRequest

from ioc.catalogue.feeds import direct_feeds, full_name
from ioc.catalogue.model import Subsystem
from streams.settings.names import Names
from streams.settings.secrets.first_line import long_secret
from streams.settings.secrets.private_files import write_private
from streams.settings.settings import Settings

_USER = "User:"
_ANY_HOST = "*"
_CLUSTER = "kafka-cluster"
_MECHANISM = ScramMechanism.SCRAM_SHA_512


class AccessError(RuntimeError):
    """Grants that could not be read or changed; the message says what to do."""


class Role(StrEnum):
    """A part of an installation that is a Kafka user; the feeds are one each besides."""

    WORKER = "worker"
    EXPORTER = "exporter"
    GATEWAY = "gateway"
    CASES = "cases"
    """Reads state and figures: the pages of cases, `ioc figures`. No event."""
    DEAD_LETTERS = "dead-letters"
    """Reads rejected events, which may hold anything: `ioc dlq list` and `show`."""
    ADMIN = "admin"
    """Topics, grants, users; redrives and promotes."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One user may do one thing to one resource, or to all whose names begin so."""

    user: str
    resource: str
    """The resource's type in capitals, as Kafka names it."""
    name: str
    operation: str
    prefixed: bool = False

    @property
    def acl(self) -> ACL:
        pattern = ACLResourcePatternType.PREFIXED if self.prefixed else ACLResourcePatternType.LITERAL
        return ACL(
            f"{_USER}{self.user}",
            _ANY_HOST,
            ACLOperation[self.operation],
            ACLPermissionType.ALLOW,
            ResourcePattern(ResourceType[self.resource], self.name, pattern),
        )

    @property
    def target(self) -> str:
        """The resource for reading, with a star where all names that begin so are meant."""
        return f"{self.resource} {self.name}{'*' if self.prefixed else ''}"

    def __str__(self) -> str:
        return f"{self.user} may {self.operation} {self.target}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the brokers lack, and what they grant our users on our resources beyond the plan."""

    missing: list[Grant]
    superfluous: list[ACL]


def users(names: Names, subsystems: Mapping[str, Subsystem]) -> list[str]:
    """Every Kafka user of an installation."""
    return [*map(names.principal, Role), *feed_users(names, subsystems)]


def feed_users(names: Names, subsystems: Mapping[str, Subsystem]) -> list[str]:
    """The Kafka users of feeds: a feed that sends by the gateway alone has none."""
    return [*map(names.feed, direct_feeds(subsystems))]


def planned_grants(names: Names, subsystems: Mapping[str, Subsystem]) -> list[Grant]:
    """What every user needs, and no more, to work under these names."""
    sources = names.sources(subsystems)
    pointer = Names(names.source or names.prefix).live
    logs = [names.state, names.figures, names.dead_letters]
    return [
        *_topics(names, Role.WORKER, "READ", [*sources, names.sent_again, names.state, names.figures, pointer]),
        *_topics(names, Role.WORKER, "WRITE", logs),
        Grant(names.principal(Role.WORKER), "GROUP", names.group, "READ"),
        Grant(names.principal(Role.WORKER), "TRANSACTIONAL_ID", names.transactional_id(""), "WRITE", prefixed=True),
        *_topics(names, Role.EXPORTER, "DESCRIBE", sources),
        *_topics(names, Role.EXPORTER, "READ", [names.figures, pointer]),
        *_topics(names, Role.GATEWAY, "WRITE", sources),
        *_topics(names, Role.CASES, "READ", [names.state, names.figures, pointer]),
        *_topics(names, Role.CASES, "DESCRIBE", sources),
        *_topics(names, Role.DEAD_LETTERS, "READ", [names.dead_letters, pointer]),
        Grant(names.principal(Role.ADMIN), "TOPIC", f"{names.prefix}.", "ALL", prefixed=True),
        Grant(names.principal(Role.ADMIN), "GROUP", names.group, "ALL"),
        *(
            Grant(names.principal(Role.ADMIN), "CLUSTER", _CLUSTER, operation)
            for operation in ("ALTER", "ALTER_CONFIGS", "DESCRIBE")
        ),
        *(
            grant
            for slug, subsystem in subsystems.items()
            for feed, spec in subsystem.feeds.items()
            if not spec.gateway_only
            for grant in _feed(names, slug, feed, transactions=spec.transactions)
        ),
    ]


def _topics(names: Names, role: Role, operation: str, topics: Iterable[str]) -> list[Grant]:
    return [Grant(names.principal(role), "TOPIC", topic, operation) for topic in topics]


def _feed(names: Names, slug: str, feed: str, *, transactions: bool) -> list[Grant]:
    user = names.feed(full_name(slug, feed))
    own = Grant(user, "TOPIC", names.events(slug), "WRITE")
    # A feed that sends in transactions takes its own name for them.
    return [own, Grant(user, "TRANSACTIONAL_ID", user, "WRITE")] if transactions else [own]


class Access:
    """Users and grants as the brokers have them. Blocking."""

    def __init__(self, client: KafkaAdminClient, settings: Settings) -> None:
        self._client = client
        self._names = settings.names

    def compare(self, planned: Iterable[Grant]) -> Comparison:
        """Hold the plan against what is granted. Raises AccessError."""
        granted = self._granted()
        wanted = {grant.acl: grant for grant in planned}
        return Comparison(
            [grant for acl, grant in wanted.items() if acl not in granted],
            [acl for acl in granted if acl not in wanted and self._ours(acl)],
        )

    def apply(self, comparison: Comparison) -> None:
        """Grant what is missing and take back what is superfluous. Raises AccessError."""
        try:
            if comparison.missing:
                failed = self._client.create_acls([grant.acl for grant in comparison.missing])["failed"]
                if failed:
                    raise AccessError(f"{len(failed)} grants were refused: {failed[0].__name__}")
            if comparison.superfluous:
                for acl, _, error in self._client.delete_acls(comparison.superfluous):
                    if error is not NoError:
                        raise AccessError(f"{acl} was not taken back: {error.__name__}")
        except KafkaError as error:
            raise AccessError(_explain(error)) from error

    def set_passwords(self, users: Iterable[str], folder: Path) -> list[str]:
        """Give every user the password in its file, and a random one to those without; returns who had none.

        The files are in ``folder`` and named like the users; only their owner may read them. Raises AccessError,
        SecretError.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        wanted, new = [*users], []
        for user in wanted:
            if not (folder / user).exists():
                write_private(folder / user, f"{secrets.token_urlsafe(32)}\n".encode())
                new.append(user)
        passwords = {user: long_secret(folder / user).get_secret_value() for user in wanted}
        upsertions = [UserScramCredentialUpsertion(user, _MECHANISM, word) for user, word in passwords.items()]
        try:
            refused = {user: why for user, why in self._client.alter_user_scram_credentials(upsertions).items() if why}
        except KafkaError as error:
            raise AccessError(_explain(error)) from error
        if refused:
            user, why = next(iter(refused.items()))
            raise AccessError(f"the password of {user} was not set: {why}")
        return new

    def set_quotas(self, users: Iterable[str], bytes_per_second: int) -> None:
        """Let each user send so many bytes a second: Kafka makes who sends more wait. Raises AccessError."""
        quota = AlterClientQuotasRequest.EntryData.OpData(
            key="producer_byte_rate", value=float(bytes_per_second), remove=False
        )
        entity = AlterClientQuotasRequest.EntryData.EntityData
        entries = [
            AlterClientQuotasRequest.EntryData(entity=[entity(entity_type="user", entity_name=user)], ops=[quota])
            for user in users
        ]
        # The client has the protocol of quotas, and no method of its own for them.
        manager = self._client._manager
        try:
            answer = manager.run(manager.send, AlterClientQuotasRequest(entries=entries, validate_only=False))
        except KafkaError as error:
            raise AccessError(_explain(error)) from error
        if refused := [entry for entry in answer.entries if entry.error_code]:
            raise AccessError(_explain(for_code(refused[0].error_code)(refused[0].error_message or "")))

    def _granted(self) -> set[ACL]:
        anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        try:
            found, _ = self._client.describe_acls(
                ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
            )
        except KafkaError as error:
            raise AccessError(_explain(error)) from error
        return set(found)

    def _ours(self, acl: ACL) -> bool:
        """Whether a grant is of one of our users on something under our prefix: another prefix' are left alone."""
        names, resource = self._names, acl.resource_pattern
        user = acl.principal.removeprefix(_USER)
        known = user in map(names.principal, Role) or user.startswith(names.feed(""))
        match resource.resource_type:
            case ResourceType.TOPIC:
                return known and resource.resource_name.startswith(f"{names.prefix}.")
            case ResourceType.GROUP:
                return known and resource.resource_name == names.group
            case ResourceType.TRANSACTIONAL_ID:
                own = (names.transactional_id(""), Names(names.prefix).feed(""))
                return known and resource.resource_name.startswith(own)
            case _:
                return False


def _explain(error: KafkaError) -> str:
    name = type(error).__name__
    if name == "SecurityDisabledError":
        return (
            "the brokers check no grants: set authorizer.class.name in their properties to "
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        )
    if name == "ClusterAuthorizationFailedError":
        return "this Kafka user may not manage grants: be the broker's own user or the admin (IOC_SASL_USERNAME)"
    return f"{name}: {error}"
