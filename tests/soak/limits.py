"""Disks of limited size and speed, and a clock that can be stepped, where this machine lets us have them."""

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streams.stack.cache import SetupError
from streams.stack.debian import Packages, unpacked

_CLONE_NEWNS = 0x00020000
_MEBIBYTES = 3_000
_FAKETIME = Packages(
    name="libfaketime",
    lack="A clock is stepped by libfaketime, a package of Debian",
    choose=lambda _: ["libfaketime"],
    holds=["usr/lib/*/faketime/libfaketimeMT.so.1"],
    without_apt="it is left alone",
)


@dataclass(frozen=True)
class Disk:
    """A broker's disk of limited size."""

    folder: Path
    device: str = ""
    """The numbers of the block device that it is on; empty where it is memory, which has no speed to limit."""
    group: Path | None = None
    """The control group of the brokers, by which the speed of devices is limited."""

    @property
    def ballast(self) -> Path:
        """The file that fills it."""
        return self.folder / "ballast"

    @contextmanager
    def slowed(self, writes: int) -> Iterator[None]:
        """Within the context it takes so many writes a second, and nothing is written before the disk has it."""
        assert self.group is not None
        limit = self.group / "blkio.throttle.write_iops_device"
        _run("mount", "-o", "remount,sync", self.folder)
        limit.write_text(f"{self.device} {writes}")
        try:
            yield
        finally:
            limit.write_text(f"{self.device} 0")
            _run("mount", "-o", "remount,async", self.folder)


@dataclass(frozen=True)
class Disks:
    """Those of all brokers, as far as this machine lets us have them."""

    of_brokers: list[Disk] = field(default_factory=list)
    missing: str = ""
    """Why there are none."""
    missing_speed: str = ""
    """Why none can be slowed."""


@contextmanager
def small_disks(folders: Sequence[Path]) -> Iterator[Disks]:
    """Put a small disk at each of some new folders, in a mount namespace of this process' own: it goes with it."""
    for folder in folders:
        folder.mkdir(parents=True)
    with ExitStack() as mounts:
        try:
            _private_mounts()
            for folder in folders:
                _mount(folder)
                mounts.callback(subprocess.run, ["umount", "--lazy", folder], check=False)
        except OSError as error:
            yield Disks(missing=str(error), missing_speed=str(error))
            return
        try:
            group = mounts.enter_context(_own_group())
        except OSError as error:
            yield Disks([Disk(folder) for folder in folders], missing_speed=str(error))
            return
        disks = [Disk(folder, _device(folder), group) for folder in folders]
        in_memory = "" if all(disk.device for disk in disks) else "no loop device to put a file system on"
        yield Disks(disks, missing_speed=in_memory)


def _private_mounts() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        raise OSError(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
    _run("mount", "--make-rprivate", "/")


def _mount(folder: Path) -> None:
    """A file system in a file where there are loop devices, else one in memory."""
    image = folder.with_name(f"{folder.name}.disk")
    try:
        with image.open("wb") as file:
            file.truncate(_MEBIBYTES * 2**20)
        _run("mke2fs", "-q", "-t", "ext4", "-m", "0", image)
        _run("mount", "-o", "loop", image, folder)
    except OSError:
        image.unlink(missing_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={_MEBIBYTES}m", "tmpfs", folder)


def _device(folder: Path) -> str:
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    number = next(fields[2] for fields in mounts if fields[4] == str(folder))
    return "" if number.startswith("0:") else number


@contextmanager
def _own_group() -> Iterator[Path]:
    """A control group of this process and of those that it starts from now on."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    root = next((Path(at) for _, at, kind, options, *_ in mounts if kind == "cgroup" and "blkio" in options), None)
    if root is None:
        raise OSError("no control groups of version 1 that limit block devices")
    groups = [line.split(":") for line in Path("/proc/self/cgroup").read_text().splitlines()]
    former = root / next(at for _, controllers, at in groups if "blkio" in controllers).lstrip("/")
    own = root / f"ioc-soak-{os.getpid()}"
    own.mkdir()
    (own / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield own
    finally:
        (former / "cgroup.procs").write_text(str(os.getpid()))
        own.rmdir()


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")


@dataclass(frozen=True)
class Clock:
    """The clock of children that are started with its environment."""

    file: Path | None = None
    """Says by how many seconds it is off, where it can be."""
    environment: dict[str, str] = field(default_factory=dict)
    missing: str = ""
    """Why it cannot."""


def loose_clock(file: Path) -> Clock:
    """A clock read through libfaketime, which Debian has."""
    try:
        root = unpacked(_FAKETIME)
    except SetupError as error:
        return Clock(missing=str(error))
    file.write_text("+0")
    return Clock(
        file,
        {
            "LD_PRELOAD": str(next(root.rglob("libfaketimeMT.so.1"))),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            # Setting a clock leaves the monotonic one alone.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        },
    )
