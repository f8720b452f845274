"""Somebody outside of this platform, who misses the heartbeat when the relay itself is dead."""

import logging

import aiohttp
from pydantic import HttpUrl, Secret

_log = logging.getLogger(__name__)
_TIMEOUT = aiohttp.ClientTimeout(total=5)


class Watchdog:
    """A service that expects a request every minute, such as a cron monitor; or nobody."""

    def __init__(self, client: aiohttp.ClientSession, url: Secret[HttpUrl] | None) -> None:
        self._client, self._url = client, url

    async def beat(self) -> None:
        """Hand a heartbeat on. One that does not arrive is only logged: the next one is a minute away."""
        if self._url is None:
            return
        try:
            # The address may hold a token: no error may tell it.
            async with self._client.post(str(self._url.get_secret_value()), timeout=_TIMEOUT) as answer:
                if answer.status >= 300:
                    _log.warning("the heartbeat was not taken: HTTP %d", answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.warning("the heartbeat could not be handed on: %s", type(error).__name__)
