"""A Java runtime, from this machine or from Debian's packages."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from streams.stack.debian import Apt, Packages, unpacked

OLDEST_JAVA = 17
"""What Kafka 4 runs on."""

_PROGRAM = "usr/lib/jvm/java-*-openjdk-*/bin/java"


def find_java() -> Path:
    """Return `bin/java` of a runtime of version 17 or newer: $JAVA_HOME's, else PATH's, else the cache's.

    The last is downloaded once, 44 MB. Raises SetupError where it cannot be.
    """
    home = os.environ.get("JAVA_HOME")
    for java in (home and shutil.which(f"{home}/bin/java"), shutil.which("java")):
        if java and (found := _new_enough(java)):
            return found
    return next(unpacked(_JAVA).glob(_PROGRAM))


def _new_enough(java: str) -> Path | None:
    """The runtime's own program, where `java` may be a script in front of it; None if it is too old."""
    told = subprocess.run([java, "-XshowSettings:properties", "-version"], capture_output=True, text=True, check=False)
    settings = dict(re.findall(r"^ +(\S+) = (.*)$", told.stderr, re.MULTILINE))
    version = re.match(r"\d+", settings.get("java.specification.version", ""))
    if version is None or int(version[0]) < OLDEST_JAVA:
        return None
    return Path(settings["java.home"], "bin", "java")


def _choose(apt: Apt) -> list[str]:
    versions = [int(name[1]) for name in apt.named(r"openjdk-(\d+)-jre-headless")]
    # The libraries that it needs of others are those that apt itself needs; the rest is for fonts and printers.
    return [f"openjdk-{version}-jre-headless" for version in sorted(versions) if version >= OLDEST_JAVA][:1]


_JAVA = Packages(
    name="java",
    lack=f"Kafka needs Java {OLDEST_JAVA} or newer, which is neither in JAVA_HOME nor on PATH",
    choose=_choose,
    holds=[_PROGRAM],
    without_apt="install a Java runtime",
)
