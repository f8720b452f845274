"""``ioc gateway`` and ``ioc gateway-token``."""

import logging

from ioc.cli.heartbeat import feed_named
from ioc.cli.installation import catalogue_of
from ioc.cli.signals import run_until_stopped
from ioc.cli.terminal import console
from streams.gateway.gateway import Gateway
from streams.gateway.senders import hash_of, new_token
from streams.kafka.log_noise import quieten_clients
from streams.settings.settings import Settings


def gateway(settings: Settings) -> None:
    """Run the gateway until it is told to stop."""
    quieten_clients()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run_until_stopped(Gateway(settings, catalogue_of(settings)).run())


def token(settings: Settings, sender: str, feeds: list[str]) -> None:
    """Print a new token, and what goes into the file of senders. Raises UnknownFeed."""
    catalogue = catalogue_of(settings)
    for feed in feeds:
        feed_named(catalogue, feed)
    made = new_token()
    console.print(f"Token of {sender}, shown only now: {made}")
    console.print("In the file that IOC_GATEWAY_SENDERS names, below `senders:`")
    console.print(f"  {sender}:\n    tokens_sha256: [{hash_of(made)}]\n    feeds: [{', '.join(feeds)}]")
