"""Apache Flink's local cluster of one slot, in the process that counts."""

from functools import partial
from pathlib import Path

from bench.contenders import java_program
from streams.stack.jars import Jars

FLINK_VERSION = "2.2.1"
_CONNECTOR = "5.0.0-2.2"
_JACKSON = "2.18.2"

FLINK = Jars(
    f"flink-{FLINK_VERSION}",
    (
        f"org.apache.flink:flink-streaming-java:{FLINK_VERSION}",
        f"org.apache.flink:flink-clients:{FLINK_VERSION}",
        f"org.apache.flink:flink-connector-base:{FLINK_VERSION}",
        f"org.apache.flink:flink-connector-kafka:{_CONNECTOR}",
        f"com.fasterxml.jackson.core:jackson-databind:{_JACKSON}",
        "org.slf4j:slf4j-nop:1.7.36",
    ),
    Path(__file__).with_name("flink.sha256"),
)

# Flink on Java 17 looks into java.util; its own launcher opens it likewise.
_OPEN = ("--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED")

command = partial(java_program.command, FLINK, Path(__file__).with_name("FlinkCount.java"), options=_OPEN)
requests = partial(java_program.command, FLINK, Path(__file__).with_name("FlinkRequests.java"), options=_OPEN)
