"""What goes wrong: each fault does its harm to an installation, and heals what does not heal by itself."""

import contextlib
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from streams.stack.kafka import Kafka
from tests.soak.installation import RELAY, SESSION_TIMEOUT, Installation
from tests.soak.limits import Disk
from tests.soak.made_up import MadeUp
from tests.soak.network import Network
from tests.soak.paging import Paging
from tests.soak.people import MAIL_ANSWERS, SMS_ANSWERS
from tests.soak.plan import Course, Kind, Part, Wait
from tests.soak.worker import PLACES


class Scene(NamedTuple):
    """Where a fault strikes."""

    installation: Installation
    random: Random
    disks: Sequence[Disk]
    """Those of the brokers, where they are limited."""
    network: Network | None
    """What the brokers are on, where they can be taken out of it."""
    clock: Path | None
    """The file that libfaketime reads the shift of the clock from, where it is loaded."""
    messages: MadeUp
    people: Paging | None
    """What tells people, where anything strikes it."""
    patience: Callable[[], float] = lambda: 0.0
    """Seconds that one may wait for what was struck to get up."""

    @property
    def paging(self) -> Paging:
        assert self.people is not None
        return self.people


def kill_worker(scene: Scene) -> Course:
    """kill -9 of one worker"""
    scene.installation.kill(scene.random.choice(scene.installation.workers))
    yield from recovering(scene)
    return True


def kill_workers(scene: Scene) -> Course:
    """kill -9 of all workers"""
    scene.installation.kill(*scene.installation.workers)
    yield from recovering(scene)
    return True


def kill_exporter(scene: Scene) -> Course:
    """kill -9 of an exporter"""
    scene.installation.kill(scene.random.choice(scene.installation.exporters))
    yield Wait(0.0)
    return True


def kill_broker(scene: Scene) -> Course:
    """kill -9 of a broker"""
    return (yield from killed(scene, scene.random.choice(scene.installation.brokers)))


def killed(scene: Scene, *brokers: Kafka) -> Course:
    """Some brokers, for a while."""
    for broker in brokers:
        broker.kill()
    yield Wait(scene.random.choice((0, 3, 15)))
    yield from scene.installation.start_brokers(*brokers)
    yield from recovering(scene)
    return True


def kill_everything(scene: Scene) -> Course:
    """kill -9 of all brokers and all workers"""
    for broker in scene.installation.brokers:
        broker.kill()
    scene.installation.kill(*scene.installation.workers)
    yield Wait(2)
    yield from scene.installation.start_brokers(*scene.installation.brokers)
    yield from recovering(scene)
    return True


def rolling_restart(scene: Scene) -> Course:
    """rolling restart"""
    for name in scene.installation.workers:
        scene.installation.restart(name)
        yield Wait(scene.random.uniform(0, 8))
    yield from recovering(scene)
    return True


def rolling_upgrade(scene: Scene) -> Course:
    """rolling upgrade to a catalogue with more KPIs, or back"""
    scene.installation.newer = not scene.installation.newer
    return (yield from rolling_restart(scene))


def scale(scene: Scene) -> Course:
    """1 → 3 → 2 workers"""
    for count in (1, 3, 2):
        scene.installation.scale(count)
        yield Wait(scene.random.uniform(2, 15))
    return True


def freeze_worker(scene: Scene) -> Course:
    """SIGSTOP of a worker for up to a minute"""
    with scene.installation.frozen(scene.random.choice(scene.installation.workers)):
        yield Wait(scene.random.choice((3.0, 1.5 * SESSION_TIMEOUT, 30.0, 60.0)))
    yield from recovering(scene)
    return True


def slow_worker(scene: Scene) -> Course:
    """slow consumer: a worker that runs a tenth of the time"""
    name = scene.random.choice(scene.installation.workers)
    for _ in range(20):
        with scene.installation.frozen(name):
            yield Wait(0.9)
        yield Wait(0.1)
    yield from recovering(scene)
    return True


def fill_disk(scene: Scene) -> Course:
    """a broker's disk full"""
    broker, disk = scene.random.choice([*zip(scene.installation.brokers, scene.disks, strict=True)])
    _fill(disk.ballast)
    yield Wait(30, until=lambda: not broker.child.running)
    disk.ballast.unlink()
    if broker.child.running:
        broker.kill()
    yield from scene.installation.start_brokers(broker)
    yield from recovering(scene)
    return True


def recovering(scene: Scene) -> Course:
    """Mostly what was struck gets up again, so that there is something to lose; sometimes the next blow comes at once.

    Never for longer than leaves the kinds their time that have not struck yet.
    """
    if scene.random.random() < _GETTING_UP:
        yield Wait(scene.patience(), until=scene.installation.progress(checkpoints=5))
    return True


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):  # No space left on device
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free)
        file.seek(0, os.SEEK_END)
        while file.write(bytes(4096)):
            pass


def step_clock(scene: Scene) -> Course:
    """the clock of workers and exporters stepped by an hour and back"""
    assert scene.clock is not None
    scene.clock.write_text(scene.random.choice(("+3600", "-3600")))
    yield Wait(scene.random.uniform(5, 20))
    scene.clock.write_text("+0")
    return True


def break_engine(scene: Scene) -> Course:
    """an exception in the engine of a worker"""
    name, place = scene.random.choice(scene.installation.workers), scene.random.choice([*PLACES])
    return (yield from scene.installation.break_engine(name, place))


def run_away(scene: Scene) -> Course:
    """an entity with more events than its history takes"""
    scene.messages.run_away(_RUN_AWAY)
    yield Wait(120, until=lambda: scene.messages.has_run_away)
    return scene.messages.has_run_away


def freeze_exporter(scene: Scene) -> Course:
    """SIGSTOP of an exporter for up to a minute"""
    with scene.installation.frozen(scene.random.choice(scene.installation.exporters)):
        yield Wait(scene.random.choice((3.0, 30.0, 60.0)))
    return True


def kill_relay(scene: Scene) -> Course:
    """kill -9 of the relay"""
    scene.installation.kill(RELAY)
    yield Wait(0.0)
    return True


def kill_alertmanager(scene: Scene) -> Course:
    """kill -9 of Alertmanager"""
    scene.paging.kill_alertmanager()
    yield Wait(scene.random.choice((0, 5, 15)))
    scene.paging.start_alertmanager()
    return True


def lock_database(scene: Scene) -> Course:
    """the relay's database locked for up to 25 seconds"""
    with scene.paging.locked_database():
        yield Wait(scene.random.choice((3.0, 15.0, 25.0)))
    return True


def refuse_mail(scene: Scene) -> Course:
    """the mail server refuses"""
    people = scene.paging.people
    before, people.mail = people.mails_refused, scene.random.choice([*MAIL_ANSWERS][1:])
    yield Wait(scene.random.uniform(5, 40))
    yield Wait(_UNTIL_TOLD, until=lambda: people.mails_refused > before)
    people.mail = "taken"
    return people.mails_refused > before


def refuse_sms(scene: Scene) -> Course:
    """the message gateway refuses, or answers 200 with an error, without a receipt or not at all"""
    people = scene.paging.people
    before, people.sms = people.sms_refused, scene.random.choice([*SMS_ANSWERS][1:])
    yield Wait(scene.random.uniform(5, 40))
    yield Wait(_UNTIL_TOLD, until=lambda: people.sms_refused > before)
    people.sms = "taken"
    return people.sms_refused > before


_RUN_AWAY = 1_200
_UNTIL_TOLD = 90.0
"""Seconds more that a server refuses to whom nobody has sent anything yet."""
_GETTING_UP = 0.75

_AT_WORKERS = frozenset({Part.WORKERS})
AT_BROKER = frozenset({Part.BROKER, Part.WORKERS, Part.EXPORTER})
_AT_RELAY = frozenset({Part.RELAY, Part.MAIL, Part.SMS})
"""Without it nobody is written to, and what a server would refuse does not come."""

Fault = Callable[[Scene], Course]
Faults = Mapping[str, tuple[Fault, frozenset[Part]]]
"""Kinds by name, each with the parts that it must have for itself to be seen."""
FAULTS: Faults = {
    "kill-worker": (kill_worker, _AT_WORKERS),
    "kill-workers": (kill_workers, _AT_WORKERS),
    "kill-exporter": (kill_exporter, frozenset({Part.EXPORTER})),
    "kill-broker": (kill_broker, AT_BROKER),
    "kill-everything": (kill_everything, AT_BROKER),
    "rolling-restart": (rolling_restart, _AT_WORKERS),
    "rolling-upgrade": (rolling_upgrade, _AT_WORKERS),
    "scale": (scale, _AT_WORKERS),
    "freeze": (freeze_worker, _AT_WORKERS),
    "slow": (slow_worker, _AT_WORKERS),
    "disk-full": (fill_disk, AT_BROKER),
    "clock": (step_clock, frozenset({Part.WORKERS, Part.EXPORTER})),
    "engine": (break_engine, _AT_WORKERS),
    "run-away": (run_away, frozenset({Part.BROKER})),
    "freeze-exporter": (freeze_exporter, frozenset({Part.EXPORTER})),
    "kill-relay": (kill_relay, _AT_RELAY),
    "kill-alertmanager": (kill_alertmanager, _AT_RELAY),
    "lock": (lock_database, _AT_RELAY),
    "mail": (refuse_mail, frozenset({Part.MAIL})),
    "sms": (refuse_sms, frozenset({Part.SMS})),
}
"""Those of any installation."""


def described(faults: Faults, name: str) -> str:
    """What people call a kind."""
    return f"{name}: {faults[name][0].__doc__}"


def kinds(faults: Faults, names: Collection[str], scene: Scene) -> list[Kind]:
    """Those of these names, at a scene."""
    return [Kind(described(faults, name), faults[name][1], partial(faults[name][0], scene)) for name in names]


def strikes_people(faults: Faults, name: str) -> bool:
    """Whether a kind strikes what tells people."""
    return bool(faults[name][1] & _AT_RELAY)
