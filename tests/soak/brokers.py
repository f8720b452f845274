"""What goes wrong where there are several brokers, of which any two are enough.

Beside what strikes any installation: the broker struck is one that others wait for, or more are struck than may be.
"""

import signal
from collections.abc import Callable, Sequence
from functools import partial

from kafka.errors import KafkaError

from ioc.figures.knowledge import BEHIND_AFTER
from ioc.kpis.metric_names import KPI_DOUBT_INFO
from ioc.kpis.status import GreyReason
from streams.stack.kafka import Kafka
from tests.soak.faults import AT_BROKER, Faults, Scene, killed, recovering
from tests.soak.installation import PARTITIONS, standing_still
from tests.soak.network import Line
from tests.soak.plan import Course, Wait

_UNTIL_ENDED = 60.0
_UNTIL_IN_STEP = 120.0
_UNTIL_TOLD = BEHIND_AFTER + 30.0
"""Seconds until whoever looks is told that figures are behind."""


def kill_leader(scene: Scene) -> Course:
    """kill -9 of the broker that leads a partition of the state"""
    return (yield from _struck(scene, lambda: _leader(scene)))


def kill_coordinator(scene: Scene) -> Course:
    """kill -9 of the coordinator of a partition's transactions"""
    return (yield from _struck(scene, lambda: _coordinator(scene)))


def kill_controller(scene: Scene) -> Course:
    """kill -9 of the active controller"""
    return (yield from _struck(scene, scene.installation.roles.controller))


def kill_two(scene: Scene) -> Course:
    """kill -9 of two brokers of three"""
    return (yield from killed(scene, *scene.random.sample([*scene.installation.brokers], 2)))


def roll_brokers(scene: Scene) -> Course:
    """rolling restart of all brokers, each when all have all copies"""
    for broker in scene.installation.brokers:
        broker.child.asked_to_end = True
        broker.child.signal(signal.SIGTERM)
        if not (yield Wait(_UNTIL_ENDED, until=partial(_has_ended, broker))):
            broker.kill()
        yield from scene.installation.start_brokers(broker)
        yield Wait(_UNTIL_IN_STEP, until=scene.installation.roles.in_step)
    yield from recovering(scene)
    return True


def _has_ended(broker: Kafka) -> bool:
    return not broker.child.running


def part_broker(scene: Scene) -> Course:
    """the network parts the leader of a partition of the state from everybody"""
    return (yield from _parted(scene, [*Line]))


def part_peers(scene: Scene) -> Course:
    """the network parts the leader of a partition of the state from the other brokers; clients still reach it"""
    return (yield from _parted(scene, [Line.PEERS]))


def part_clients(scene: Scene) -> Course:
    """the network parts the leader of a partition of the state from its clients; the other brokers still reach it"""
    return (yield from _parted(scene, [Line.CLIENTS]))


def freeze_broker(scene: Scene) -> Course:
    """SIGSTOP of the coordinator of a partition's transactions for up to 40 seconds"""
    number = _asked(lambda: _coordinator(scene))
    if number is None:
        return False
    with standing_still(_broker(scene, number).child):
        yield Wait(scene.random.choice((3.0, 20.0, 40.0)))
    yield from recovering(scene)
    return True


def slow_disk(scene: Scene) -> Course:
    """the disk of the leader of a partition of the state takes 10 to 100 writes a second"""
    number = _asked(lambda: _leader(scene))
    if number is None:
        return False
    with scene.disks[number - 1].slowed(scene.random.choice((10, 30, 100))):
        yield Wait(scene.random.uniform(15, 40))
    yield from recovering(scene)
    return True


def too_few_copies(scene: Scene) -> Course:
    """the state has fewer copies than a write needs: nothing is written, and the wall says that figures are behind"""
    installation, names = scene.installation, scene.installation.settings.names
    topics = names.state, names.figures
    number = _asked(lambda: _leader(scene))
    if number is None or not installation.roles.configure({"min.insync.replicas": "3"}, *topics):
        return False
    broker = _broker(scene, number)
    broker.kill()
    if not (yield Wait(_UNTIL_TOLD, until=lambda: all(_is_grey(page) for page in installation.pages()))):
        installation.overdue.append(f"nothing could be written for {_UNTIL_TOLD:g} s, and an exporter did not say so")
    yield from installation.start_brokers(broker)
    yield Wait(_UNTIL_IN_STEP, until=installation.roles.in_step)
    two = partial(installation.roles.configure, {"min.insync.replicas": "2"}, *topics)
    if not (yield Wait(_UNTIL_IN_STEP, until=two)):
        installation.overdue.append("nobody took back that three copies are needed")
    yield from recovering(scene)
    return True


def _is_grey(page: Sequence[str]) -> bool:
    """Whether a page tells that figures are behind, or there is none."""
    reason = f'reason="{GreyReason.BEHIND.name.lower()}"'
    return not page or any(line.startswith(KPI_DOUBT_INFO) and reason in line for line in page)


def _parted(scene: Scene, lines: Sequence[Line]) -> Course:
    assert scene.network is not None
    number = _asked(lambda: _leader(scene))
    if number is None:
        return False
    with scene.network.parted(number, lines):
        yield Wait(scene.random.choice((5.0, 20.0, 40.0)))
    yield from recovering(scene)
    return True


def _struck(scene: Scene, role: Callable[[], int]) -> Course:
    number = _asked(role)
    if number is None:
        return False
    return (yield from killed(scene, _broker(scene, number)))


def _asked(role: Callable[[], int]) -> int | None:
    """Who has a role; None where nobody tells."""
    try:
        return role()
    except KafkaError:
        return None


def _leader(scene: Scene) -> int:
    return scene.installation.roles.leader(scene.installation.settings.names.state, scene.random.randrange(PARTITIONS))


def _coordinator(scene: Scene) -> int:
    names = scene.installation.settings.names
    return scene.installation.roles.coordinator(names.transactional_id(scene.random.randrange(PARTITIONS)))


def _broker(scene: Scene, number: int) -> Kafka:
    return scene.installation.brokers[number - 1]


FAULTS_OF_SEVERAL: Faults = {
    "kill-leader": (kill_leader, AT_BROKER),
    "kill-coordinator": (kill_coordinator, AT_BROKER),
    "kill-controller": (kill_controller, AT_BROKER),
    "kill-two": (kill_two, AT_BROKER),
    "roll-brokers": (roll_brokers, AT_BROKER),
    "part-broker": (part_broker, AT_BROKER),
    "part-peers": (part_peers, AT_BROKER),
    "part-clients": (part_clients, AT_BROKER),
    "freeze-broker": (freeze_broker, AT_BROKER),
    "slow-disk": (slow_disk, AT_BROKER),
    "too-few-copies": (too_few_copies, AT_BROKER),
}
"""Those of an installation of three brokers."""
OF_ANY = ("kill-worker", "kill-workers", "kill-exporter", "kill-everything", "disk-full")
"""Those of any installation that are worth a look at where there are three."""
