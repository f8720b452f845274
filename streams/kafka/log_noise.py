"""Client libraries repeat several times a second what they cannot reach: once a minute is enough."""

import logging
import time

_REPEATED_AFTER = 60.0
_NOISY = (
    "aiokafka",
    "aiokafka.cluster",
    "aiokafka.conn",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
    "asyncio",  # of the futures that aiokafka's producer forgets when it is fenced
    "kafka.cluster",
    "kafka.net.connection",
    "kafka.net.manager",
    "kafka.net.transport",
)
# It times its own tasks, on a machine that has other work to do.
_IRRELEVANT = ("kafka.net.selector",)


class _NowAndThen(logging.Filter):
    """Lets a message of a logger through once a minute; what is filled into it does not matter."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        message, now = (record.name, record.lineno), time.monotonic()
        if now - self._told.get(message, -_REPEATED_AFTER) < _REPEATED_AFTER:
            return False
        self._told[message] = now
        return True


def quieten_clients() -> None:
    """Let Kafka's clients tell of warnings and errors only, each once a minute."""
    now_and_then = _NowAndThen()
    for name in _NOISY:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(now_and_then)
    for name in _IRRELEVANT:
        logging.getLogger(name).setLevel(logging.ERROR)
