"""What goes wrong: each fault does its harm to an installation, and heals what does not heal by itself."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.soak.installation import EXPORTER, RELAY, SESSION_TIMEOUT, Installation
from tests.soak.made_up import MadeUp
from tests.soak.paging import Paging
from tests.soak.people import MAIL_ANSWERS, SMS_ANSWERS
from tests.soak.worker import PLACES


class Scene(NamedTuple):
    """Where a fault strikes."""

    installation: Installation
    random: Random
    ballast: Path | None
    """A file on the broker's disk, where that is limited in size."""
    clock: Path | None
    """The file that libfaketime reads the shift of the clock from, where it is loaded."""
    messages: MadeUp
    paging: Paging


def kill_worker(scene: Scene) -> None:
    """kill -9 of one worker"""
    scene.installation.kill(scene.random.choice(scene.installation.workers))


def kill_workers(scene: Scene) -> None:
    """kill -9 of all workers"""
    scene.installation.kill(*scene.installation.workers)


def kill_exporter(scene: Scene) -> None:
    """kill -9 of the exporter"""
    scene.installation.kill(EXPORTER)


def kill_broker(scene: Scene) -> None:
    """kill -9 of the broker"""
    scene.installation.kafka.kill()
    scene.installation.start_broker(after=scene.random.choice((0, 3, 15)))


def kill_everything(scene: Scene) -> None:
    """kill -9 of the broker and all workers"""
    scene.installation.kafka.kill()
    scene.installation.kill(*scene.installation.workers)
    scene.installation.start_broker(after=2)


def rolling_restart(scene: Scene) -> None:
    """rolling restart"""
    for name in scene.installation.workers:
        scene.installation.restart(name)
        scene.installation.wait(scene.random.uniform(0, 8))


def rolling_upgrade(scene: Scene) -> None:
    """rolling upgrade to a catalogue with more KPIs, or back"""
    scene.installation.newer = not scene.installation.newer
    rolling_restart(scene)


def scale(scene: Scene) -> None:
    """1 → 3 → 2 workers"""
    for count in (1, 3, 2):
        scene.installation.scale(count)
        scene.installation.wait(scene.random.uniform(2, 15))


def freeze_worker(scene: Scene) -> None:
    """SIGSTOP of a worker for up to a minute"""
    name = scene.random.choice(scene.installation.workers)
    with scene.installation.frozen(name):
        scene.installation.wait(scene.random.choice((3.0, 1.5 * SESSION_TIMEOUT, 30.0, 60.0)))


def slow_worker(scene: Scene) -> None:
    """slow consumer: a worker that runs a tenth of the time"""
    name = scene.random.choice(scene.installation.workers)
    for _ in range(20):
        with scene.installation.frozen(name):
            scene.installation.wait(0.9)
        scene.installation.wait(0.1)


def fill_disk(scene: Scene) -> None:
    """the broker's disk full"""
    assert scene.ballast is not None
    kafka = scene.installation.kafka
    _fill(scene.ballast)
    scene.installation.wait(30, until=lambda: not kafka.child.running)
    scene.ballast.unlink()
    if kafka.child.running:
        kafka.kill()
    scene.installation.start_broker(after=0)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):  # No space left on device
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free)
        file.seek(0, os.SEEK_END)
        while file.write(bytes(4096)):
            pass


def step_clock(scene: Scene) -> None:
    """the clock of workers and exporter stepped by an hour and back"""
    assert scene.clock is not None
    scene.clock.write_text(scene.random.choice(("+3600", "-3600")))
    scene.installation.wait(scene.random.uniform(5, 20))
    scene.clock.write_text("+0")


def break_engine(scene: Scene) -> None:
    """an exception in the engine of a worker"""
    scene.installation.break_engine(scene.random.choice(scene.installation.workers), scene.random.choice([*PLACES]))


def run_away(scene: Scene) -> None:
    """an entity with more events than its history takes"""
    scene.messages.run_away(_RUN_AWAY)


def freeze_exporter(scene: Scene) -> None:
    """SIGSTOP of the exporter for up to a minute"""
    with scene.installation.frozen(EXPORTER):
        scene.installation.wait(scene.random.choice((3.0, 30.0, 60.0)))


def kill_relay(scene: Scene) -> None:
    """kill -9 of the relay"""
    scene.installation.kill(RELAY)


def kill_alertmanager(scene: Scene) -> None:
    """kill -9 of Alertmanager"""
    scene.paging.restart_alertmanager(after=scene.random.choice((0, 5, 15)))


def lock_database(scene: Scene) -> None:
    """the relay's database locked for up to 25 seconds"""
    with scene.paging.locked_database():
        scene.installation.wait(scene.random.choice((3.0, 15.0, 25.0)))


def refuse_mail(scene: Scene) -> None:
    """the mail server refuses"""
    scene.paging.people.mail = scene.random.choice([*MAIL_ANSWERS][1:])
    scene.installation.wait(scene.random.uniform(5, 40))
    scene.paging.people.mail = "taken"


def refuse_sms(scene: Scene) -> None:
    """the message gateway refuses, or answers 200 with an error, without a receipt or not at all"""
    scene.paging.people.sms = scene.random.choice([*SMS_ANSWERS][1:])
    scene.installation.wait(scene.random.uniform(5, 40))
    scene.paging.people.sms = "taken"


_RUN_AWAY = 1_200


Fault = Callable[[Scene], None]
FAULTS: dict[str, Fault] = {
    "kill-worker": kill_worker,
    "kill-workers": kill_workers,
    "kill-exporter": kill_exporter,
    "kill-broker": kill_broker,
    "kill-everything": kill_everything,
    "rolling-restart": rolling_restart,
    "rolling-upgrade": rolling_upgrade,
    "scale": scale,
    "freeze": freeze_worker,
    "slow": slow_worker,
    "disk-full": fill_disk,
    "clock": step_clock,
    "engine": break_engine,
    "run-away": run_away,
    "freeze-exporter": freeze_exporter,
    "kill-relay": kill_relay,
    "kill-alertmanager": kill_alertmanager,
    "lock": lock_database,
    "mail": refuse_mail,
    "sms": refuse_sms,
}


def name_of(fault: Fault) -> str:
    """What people call it."""
    return str(fault.__doc__)
