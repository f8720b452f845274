"""Debian's packages, unpacked into the cache without being installed: that needs no rights and changes nothing."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.stack.cache import SetupError, cached

# Time zone databases that moment.js has in its scripts once more: 212 MB.
_SUPERFLUOUS = "./usr/share/javascript/moment-timezone/data"


@dataclass(frozen=True)
class Apt:
    """What the distribution has, by the system's package lists or by lists of our own."""

    folder: Path
    """Where packages are downloaded to."""
    options: tuple[str, ...] = ()

    def named(self, pattern: str) -> list[re.Match[str]]:
        """The names of packages that match a pattern from start to end."""
        names = self._run("apt-cache", "pkgnames").stdout.split()
        return [match for name in names if (match := re.fullmatch(pattern, name))]

    def needed_by(self, packages: Sequence[str], pattern: str) -> list[str]:
        """What packages depend on, directly or not, as far as its name matches a pattern from start to end."""
        relations = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
        depends = self._run("apt-cache", "depends", "--recurse", *(f"--no-{name}" for name in relations), *packages)
        return re.findall(rf"^(?:{pattern})$", depends.stdout, re.MULTILINE)

    def download(self, packages: Sequence[str]) -> str:
        """Download packages; return apt's complaint, empty when all have arrived."""
        if not packages:
            return "the package lists name none"
        ran = self._run("apt-get", "-q", "download", *packages)
        complaints = [line for line in ran.stderr.splitlines() if line.startswith("E: ")]
        return "" if ran.returncode == 0 else (complaints or ["it failed"])[0].removeprefix("E: ")

    def with_own_lists(self) -> "Apt":
        """The same in a folder below, by package lists that are fetched now."""
        own = self.folder / "own"
        for lists in ("lists/partial", "cache/archives/partial"):
            (own / lists).mkdir(parents=True)
        apt = Apt(own, (f"-oDir::State::lists={own / 'lists'}", f"-oDir::Cache={own / 'cache'}"))
        apt._run("apt-get", "update")
        return apt

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [program, *self.options, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Packages:
    """Packages that belong into one folder."""

    name: str
    """Of the folder in the cache; the distribution is added to it."""
    lack: str
    """What this machine has not, as a clause: `Maven is not on PATH`."""
    choose: Callable[[Apt], Sequence[str]]
    """Which packages of a distribution they are; none if it has none."""
    holds: Sequence[str]
    """Patterns of the files that they are fetched for, below the folder."""
    without_apt: str
    """What to do on a machine without apt."""
    finish: Callable[[Path], None] = lambda root: None
    """What is done to the folder in place of what the packages' installation would do."""


def unpacked(packages: Packages) -> Path:
    """The root folder under which the packages are unpacked, fetched once. Raises SetupError where they cannot be."""
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise SetupError(f"{packages.lack}, and without {tool} nothing is fetched: {packages.without_apt}.")
    return cached(f"{packages.name}-{_release()}", lambda root: _fetch(root, packages))


def _release() -> str:
    """The distribution and its version, for example debian-12."""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE))
    return f"{fields.get('ID', 'unknown')}-{fields.get('VERSION_ID', 'unstable')}"


def _fetch(root: Path, packages: Packages) -> None:
    with tempfile.TemporaryDirectory() as work:
        apt = Apt(Path(work))
        if apt.download(packages.choose(apt)):  # the system's package lists are missing or old
            apt = apt.with_own_lists()
            if complaint := apt.download(packages.choose(apt)):
                raise SetupError(
                    f"{packages.lack}, and apt-get could not fetch it: check the network and apt's sources. {complaint}"
                )
        for package in apt.folder.glob("*.deb"):
            _unpack(package, root)
    _make_links_relative(root)
    for pattern in packages.holds:
        if not any(root.glob(pattern)):
            raise SetupError(
                f"{packages.lack}, and this distribution's packages have no {pattern}: {packages.without_apt}."
            )
    packages.finish(root)


def _unpack(package: Path, root: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as archive:
        tar = ["tar", "-x", f"--directory={root}", f"--exclude={_SUPERFLUOUS}"]
        extracted = subprocess.run(tar, stdin=archive.stdout, check=False)
    if archive.returncode or extracted.returncode:
        raise SetupError(f"{package.name} arrived damaged or does not fit on the disk: try again.")


def _make_links_relative(root: Path) -> None:
    """Let links to absolute paths, as those into /etc, lead to what came with them."""
    for link in [path for path in root.rglob("*") if path.is_symlink()]:
        target = link.readlink()
        if target.is_absolute() and os.path.lexists(beside := root / target.relative_to("/")):
            link.unlink()
            link.symlink_to(os.path.relpath(beside, link.parent))
