"""Contenders in Java: fetched from Maven Central, their one class compiled with the JDK at hand."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from streams.stack.cache import SetupError
from streams.stack.jars import Jars, find_jars
from streams.stack.java import find_java


def command(jars: Jars, source: Path, classes: Path, options: Sequence[str] = ()) -> list[str]:
    """The program and its options, compiled into a folder; the task's arguments follow. Raises SetupError."""
    folder = find_jars(jars)
    compiler = shutil.which("javac")
    if compiler is None:
        raise SetupError(
            f"{source.stem} is compiled with a JDK, and there is none: apt install openjdk-17-jdk-headless."
        )
    subprocess.run([compiler, "-cp", f"{folder}/*", "-d", str(classes), str(source)], check=True)
    return [str(find_java()), "-Xmx1g", *options, "-cp", f"{classes}:{folder}/*", source.stem]
