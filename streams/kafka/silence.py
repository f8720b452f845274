"""Brokers that are silent or gone, while others answer.

A network that fails, and a process that stands still, close no connection. aiokafka waits for every single answer as
long as for all that it was asked to do: by then it is too late to ask another broker, and where it begins it asks one
address after the other. kafka-python gives up where the broker that it chose is gone, though others know it only for as
long as its session lasts.
"""

import time
from typing import Any

from kafka.errors import KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError

ANSWER_SECONDS = 10.0
"""Seconds after which a broker is asked no more. By Kafka's default another one leads when it was silent for nine."""
_FIRST_ANSWER_SECONDS = 3.0
"""The same of an address to begin at, where there is another one to ask."""
_AGAIN_SECONDS = 15.0
"""Seconds that another broker is asked instead: longer than one that is gone is known to the others."""
_PAUSE = 0.2


class AskingAgain:
    """A client of kafka-python that asks again where the broker that it chose does not answer.

    What may be done twice only: a connection may break after what was asked has been done.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if not callable(method):
            return method

        def asked(*arguments: Any, **options: Any) -> Any:
            end = time.monotonic() + _AGAIN_SECONDS
            while True:
                try:
                    return method(*arguments, **options)
                except (KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError):
                    if time.monotonic() > end:
                        raise
                    time.sleep(_PAUSE)

        return asked


def bear_silence(client: Any) -> None:
    """Let a client of aiokafka ask another broker in time. What it asks twice must do no harm the second time."""
    client._request_timeout_ms = min(client._request_timeout_ms, int(ANSWER_SECONDS * 1000))
    begin_elsewhere(client)


def begin_elsewhere(client: Any) -> None:
    """Let a client of aiokafka begin at an address that answers, whatever the others do."""
    if len(client.hosts) < 2:
        return
    bootstrap, limit = client.bootstrap, client._request_timeout_ms

    async def from_any() -> None:
        client._request_timeout_ms = min(limit, int(_FIRST_ANSWER_SECONDS * 1000))
        try:
            await bootstrap()
        finally:
            client._request_timeout_ms = limit

    client.bootstrap = from_any
