"""Prometheus' programs, from PATH or from Debian's packages unpacked without installing them."""

import re
import shutil
import subprocess
import tempfile
from enum import StrEnum
from pathlib import Path

from streams.stack.cache import SetupError, cached

_PACKAGES = ["prometheus", "prometheus-alertmanager", "prometheus-node-exporter"]
# Time zone databases that moment.js has in its scripts once more: 212 MB.
_SUPERFLUOUS = "./usr/share/javascript/moment-timezone/data"
_FIX = f"sudo apt install {' '.join(_PACKAGES)}"


class Program(StrEnum):
    """A program of the packages, by its name in Debian."""

    PROMETHEUS = "prometheus"
    ALERTMANAGER = "prometheus-alertmanager"
    NODE_EXPORTER = "prometheus-node-exporter"
    PROMTOOL = "promtool"
    AMTOOL = "amtool"


def find_program(program: Program) -> Path:
    """Return where `program` is: on PATH, else in the cache, downloading 36 MB once.

    A server from the cache must be started in the folder `unpacked()`. Raises SetupError.
    """
    bare = program.value.removeprefix("prometheus-")  # only Debian prefixes
    for name in (program.value, bare, bare.replace("-", "_")):
        if found := shutil.which(name):
            return Path(found)
    return unpacked() / "usr" / "bin" / program.value


def unpacked() -> Path:
    """Return the root folder under which the packages are unpacked. Raises SetupError where they cannot be."""
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise SetupError(
            f"Prometheus, its node exporter and Alertmanager are not on PATH, and without {missing[0]} they cannot be "
            "fetched: install them from their project's archives."
        )
    return cached(f"prometheus-node-{_release()}", _fetch)


def _release() -> str:
    """The distribution and its version, for example debian-12."""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE))
    return f"{fields.get('ID', 'unknown')}-{fields.get('VERSION_ID', 'unstable')}"


def _fetch(root: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        downloads = Path(work)
        if not _download([], downloads):
            # The system's package lists are missing or old. Lists of our own need no rights and change nothing.
            _download_with_own_lists(downloads)
        for package in downloads.glob("*.deb"):
            _unpack(package, root)
    if not all((root / "usr" / "bin" / program).exists() for program in Program):
        raise SetupError(f"This distribution's Prometheus packages are laid out unlike Debian's: {_FIX}.")
    for server in (Program.PROMETHEUS, Program.ALERTMANAGER):
        _relocate(root / "usr" / "bin" / server)


def _unpack(package: Path, root: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "-x", "-C", root, f"--exclude={_SUPERFLUOUS}"], stdin=archive.stdout, check=True)
    if archive.returncode:
        raise SetupError(f"{package.name} arrived damaged: run it again.")


def _relocate(server: Path) -> None:
    """Make a server look for its templates and pages below the folder it is started in.

    Debian builds in the absolute path, and Alertmanager, which does not start without its templates, has no option for
    it. The replacement is as long as the original: Go stores the length of a text apart from the text.
    """
    server.write_bytes(server.read_bytes().replace(b"/usr/share/prometheus/", b"usr//share/prometheus/"))


def _download_with_own_lists(downloads: Path) -> None:
    for folder in ("lists/partial", "cache/archives/partial"):
        (downloads / folder).mkdir(parents=True)
    options = [f"-oDir::State::lists={downloads / 'lists'}", f"-oDir::Cache={downloads / 'cache'}"]
    _run(["apt-get", *options, "update"], downloads)
    if not _download(options, downloads):
        raise SetupError(f"apt-get could not download Prometheus: check the network and apt's sources, or {_FIX}.")


def _download(options: list[str], downloads: Path) -> bool:
    """Download the packages and the parts of their web pages, which Debian keeps in packages of their own."""
    only = [
        f"--no-{relation}" for relation in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    ]
    depends = _run(["apt-cache", *options, "depends", "--recurse", *only, *_PACKAGES], downloads)
    assets = re.findall(r"^(?:libjs|fonts)-\S+", depends.stdout, re.MULTILINE)
    return _run(["apt-get", *options, "-q", "download", *_PACKAGES, *assets], downloads).returncode == 0


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
