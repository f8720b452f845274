"""Fetch what the local stack needs and this machine lacks; `make` does it before whatever starts the stack."""

import logging
import sys

from streams.stack.cache import SetupError
from streams.stack.jars import KAFKA, find_jars
from streams.stack.java import find_java
from streams.stack.programs import Program, find_program


def fetch_needs() -> None:
    """Find or fetch Java, Kafka and Prometheus' servers. Raises SetupError."""
    find_java()
    find_jars(KAFKA)
    for program in (Program.PROMETHEUS, Program.ALERTMANAGER, Program.NODE_EXPORTER):
        find_program(program)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        fetch_needs()
    except SetupError as error:
        sys.exit(str(error))
