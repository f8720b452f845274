"""Several Kafka brokers with copies of each other's data, as child processes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.stack.children import Children
from streams.stack.kafka import Kafka, Member, Seat, new_cluster_id
from streams.stack.ports import free_ports


class Cluster:
    """Brokers that are controllers, too: three go on while any two of them run."""

    def __init__(
        self,
        children: Children,
        folder: Path,
        seats: Sequence[Seat],
        *,
        heap: str = "384m",
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a broker at each seat; each has a folder of its own in `folder`, named as the broker.

        heap, properties: as those of `Kafka`, of each broker.
        """
        ports, cluster = iter(free_ports(3 * len(seats))), new_cluster_id()
        controllers = {number: f"{seat.peers}:{next(ports)}" for number, seat in enumerate(seats, 1)}
        members = [
            Member(number, seat, cluster, controllers, peers=f"{seat.peers}:{next(ports)}")
            for number, seat in enumerate(seats, 1)
        ]
        self.brokers = [
            Kafka(
                children,
                folder / f"kafka-{each.number}",
                heap=heap,
                properties=properties,
                port=next(ports),
                member=each,
            )
            for each in members
        ]

    @property
    def bootstrap(self) -> str:
        """The addresses of all, separated by commas."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    def start(self, timeout: float = 180.0) -> None:
        """Start all and return when each answers. Raises what `Kafka.start` does."""
        for broker in self.brokers:
            broker.launch()
        for broker in self.brokers:
            broker.child.wait_until(broker.answers, timeout)

    def stop(self) -> None:
        """Shut all down in order."""
        for broker in self.brokers:
            broker.stop()
