"""``ioc gateway``: a process that takes CloudEvents by HTTP and answers once Kafka has them. May run twice."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ioc.catalogue.feeds import feed_names
from ioc.catalogue.model import Catalogue
from ioc.events.admission import Admission, needs_key
from ioc.events.openapi import openapi_text
from streams.gateway.http import Server
from streams.gateway.metrics import GatewayMetrics
from streams.gateway.outbox import Outbox
from streams.gateway.reading import Decoder
from streams.gateway.senders import load_senders
from streams.settings.settings import Settings, SettingsError
from streams.web.server import serving

_log = logging.getLogger(__name__)


@dataclass
class Gateway:
    """Everything the gateway is made of."""

    settings: Settings
    catalogue: Catalogue
    listening: Callable[[str], None] = lambda address: _log.info("listening at %s", address)
    """Told the address, once it answers."""

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            SettingsError: no senders are named, or the key of the hashes is missing.
            YamlFileError: the file of senders cannot be used.
            PublishError: no broker answers, or topics are missing.
            OSError: the address is taken.
            TlsError: the certificate cannot be used.
        """
        settings, own = self.settings, self.settings.gateway
        subsystems = self.catalogue.subsystems
        if own.senders is None:
            raise SettingsError(
                "IOC_GATEWAY_SENDERS is not set: name the file of senders and their tokens' hashes, see docs/gateway.md"
            )
        senders = load_senders(own.senders, feed_names(subsystems))
        pseudonyms = settings.pseudonyms()
        if pseudonyms is None and (hashed := needs_key(self.catalogue)):
            raise SettingsError(
                "IOC_HASH_KEY_FILE is not set: name a file with a long random secret, as "
                f"{', '.join(hashed[:3])} and others are to be hashed"
            )
        async with Outbox(settings, [*subsystems], own.patience, own.waiting_bytes) as outbox:
            server = Server(
                senders,
                Decoder(Admission(self.catalogue, pseudonyms), own.request_bytes, own.request_events),
                outbox,
                GatewayMetrics(lambda: outbox.waiting_bytes, lambda: float(not outbox.unready)),
                openapi_text(self.catalogue),
                own.request_bytes,
                own.events_per_second,
                own,
            )
            async with serving(server.application(), own, unpacks=True) as address:
                self.listening(address)
                await outbox.run()
