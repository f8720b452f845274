"""Prometheus' programs, from PATH or from Debian's packages."""

import shutil
from enum import StrEnum
from pathlib import Path

from streams.stack.debian import Apt, Packages, unpacked

_PACKAGES = ["prometheus", "prometheus-alertmanager", "prometheus-node-exporter"]


class Program(StrEnum):
    """A program of the packages, by its name in Debian."""

    PROMETHEUS = "prometheus"
    ALERTMANAGER = "prometheus-alertmanager"
    NODE_EXPORTER = "prometheus-node-exporter"
    PROMTOOL = "promtool"
    AMTOOL = "amtool"


def find_program(program: Program) -> Path:
    """Return where `program` is: on PATH, else in the cache, downloading 36 MB once.

    A server from the cache must be started in the root folder of its package. Raises SetupError.
    """
    bare = program.value.removeprefix("prometheus-")  # only Debian prefixes
    for name in (program.value, bare, bare.replace("-", "_")):
        if found := shutil.which(name):
            return Path(found)
    return unpacked(_PROMETHEUS) / "usr" / "bin" / program.value


def _choose(apt: Apt) -> list[str]:
    """The packages with what are packages of their own: parts of their web pages and, since Debian 13, promtool."""
    return [*_PACKAGES, *apt.needed_by(_PACKAGES, r"promtool|(?:libjs|fonts)-\S+")]


def _relocate(root: Path) -> None:
    """Make the servers look for their templates and pages below the folder they are started in.

    Debian builds in the absolute path, and Alertmanager, which does not start without its templates, has no option for
    it. The replacement is as long as the original: Go stores the length of a text apart from the text.
    """
    for server in (Program.PROMETHEUS, Program.ALERTMANAGER):
        binary = root / "usr" / "bin" / server
        binary.write_bytes(binary.read_bytes().replace(b"/usr/share/prometheus/", b"usr//share/prometheus/"))


_PROMETHEUS = Packages(
    name="prometheus-node",
    lack="Prometheus, its node exporter and Alertmanager are not all on PATH",
    choose=_choose,
    holds=[f"usr/bin/{program}" for program in Program],
    without_apt="install them from their project's archives",
    finish=_relocate,
)
