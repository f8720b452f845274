"""Names of topics, group and transactions; all begin with the installation's prefix."""

from collections.abc import Iterable
from dataclasses import dataclass

from ioc.events.records import SENT_AGAIN


@dataclass(frozen=True, slots=True)
class Names:
    """The names under one prefix; a replay reads the source topics of another one."""

    prefix: str
    source: str | None = None
    """The prefix of the source topics; None where it is the same."""

    @property
    def state(self) -> str:
        return f"{self.prefix}.state"

    @property
    def figures(self) -> str:
        return f"{self.prefix}.figures"

    @property
    def dead_letters(self) -> str:
        return f"{self.prefix}.dead-letters"

    @property
    def live(self) -> str:
        """Topic that names the prefix which took this one's place; there is none before the first promotion."""
        return f"{self.prefix}.live"

    @property
    def group(self) -> str:
        """Consumer group of the workers."""
        return f"{self.prefix}-worker"

    def events(self, subsystem: str) -> str:
        """Source topic of one subsystem."""
        return f"{self.source or self.prefix}.events.{subsystem}"

    @property
    def sent_again(self) -> str:
        """Topic of the rejected events that the operator sends again: nobody else may write it."""
        return f"{self.source or self.prefix}.{SENT_AGAIN}"

    def topic_of(self, name: str) -> str:
        """The topic that is consumed under a name: a subsystem's, or `SENT_AGAIN`."""
        return self.sent_again if name == SENT_AGAIN else self.events(name)

    def subsystem(self, topic: str) -> str:
        """The subsystem of a source topic, or `SENT_AGAIN`; raises ValueError for any other topic."""
        if topic == self.sent_again:
            return SENT_AGAIN
        head = self.events("")
        if not topic.startswith(head):
            raise ValueError(f"{topic} is not a source topic of prefix {self.source or self.prefix}")
        return topic[len(head) :]

    def transactional_id(self, partition: int | str) -> str:
        """The transactional id that fences all but one writer of checkpoints of a partition; of none, how all begin."""
        return f"{self.prefix}-state-{partition}"

    def principal(self, role: str) -> str:
        """Kafka user of a part of the installation: a replay's parts are those of the prefix it reads from."""
        return f"{self.source or self.prefix}-{role}"

    def feed(self, name: str) -> str:
        """Kafka user that is one feed, named `subsystem.feed`; of none, how all begin."""
        return self.principal(f"feed-{name}")

    def sources(self, subsystems: Iterable[str]) -> list[str]:
        return [self.events(subsystem) for subsystem in subsystems]
