"""Kafka Streams: fetched from Maven Central, its one class compiled with the JDK at hand."""

import shutil
import subprocess
from pathlib import Path

from streams.stack.cache import SetupError
from streams.stack.jars import KAFKA_VERSION, Jars, find_jars
from streams.stack.java import find_java

_SOURCE = Path(__file__).with_name("KafkaStreamsCount.java")

KAFKA_STREAMS = Jars(
    f"kafka-streams-{KAFKA_VERSION}",
    (f"org.apache.kafka:kafka-streams:{KAFKA_VERSION}", "org.slf4j:slf4j-nop:1.7.36"),
    Path(__file__).with_name("kafka-streams.sha256"),
)


def command(classes: Path) -> list[str]:
    """The program and its options, compiled into a folder; the task's arguments follow. Raises SetupError."""
    folder = find_jars(KAFKA_STREAMS)
    compiler = shutil.which("javac")
    if compiler is None:
        raise SetupError(
            "Kafka Streams is compiled with a JDK, and there is none: apt install openjdk-17-jdk-headless."
        )
    subprocess.run([compiler, "-cp", f"{folder}/*", "-d", str(classes), str(_SOURCE)], check=True)
    return [str(find_java()), "-Xmx1g", "-cp", f"{classes}:{folder}/*", _SOURCE.stem]
