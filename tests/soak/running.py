"""The brokers of a soak on what of this machine they can have for themselves: disks, and a network."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.stack.jars import KAFKA, find_jars
from streams.stack.kafka import Kafka, Seat
from streams.stack.stack import Stack
from tests.soak.limits import Disk, small_disks
from tests.soak.network import Network


@dataclass(frozen=True)
class Running:
    """Brokers that run."""

    stack: Stack
    brokers: Sequence[Kafka]
    disks: Sequence[Disk]
    """One of each broker, or none."""
    network: Network | None
    not_run: dict[str, str]
    """By kind of fault why it cannot strike here; empty where it can."""


@contextmanager
def brokers(folder: Path, count: int) -> Iterator[Running]:
    """One broker, or several with copies of each other's data, in a stack whose logs and data are in a folder."""
    find_jars(KAFKA)  # from where there still is a network
    network, no_network = _network(count) if count > 1 else (None, "")
    seats = network.seats if network else [Seat()] * count
    data = folder / "kafka"
    folders = [data / f"kafka-{number}" for number in range(1, count + 1)] if count > 1 else [data]
    with small_disks(folders) as disks, Stack(folder) as stack:
        not_run = {"disk-full": disks.missing, "slow-disk": disks.missing_speed}
        not_run |= dict.fromkeys(("part-broker", "part-peers", "part-clients"), no_network)
        if count > 1:
            started: Sequence[Kafka] = stack.start_cluster(seats).brokers
        else:
            started = [stack.start_kafka(heap="768m")]
        yield Running(stack, started, disks.of_brokers, network, not_run)


def _network(brokers: int) -> tuple[Network | None, str]:
    try:
        return Network(brokers), ""
    except OSError as error:
        return None, f"no network of its own: {error}"
