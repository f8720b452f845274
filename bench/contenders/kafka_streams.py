"""Kafka Streams: one thread, in memory, with its changelog."""

from functools import partial
from pathlib import Path

from bench.contenders import java_program
from streams.stack.jars import KAFKA_VERSION, Jars

KAFKA_STREAMS = Jars(
    f"kafka-streams-{KAFKA_VERSION}",
    (f"org.apache.kafka:kafka-streams:{KAFKA_VERSION}", "org.slf4j:slf4j-nop:1.7.36"),
    Path(__file__).with_name("kafka-streams.sha256"),
)

command = partial(java_program.command, KAFKA_STREAMS, Path(__file__).with_name("KafkaStreamsCount.java"))
requests = partial(java_program.command, KAFKA_STREAMS, Path(__file__).with_name("KafkaStreamsRequests.java"))
