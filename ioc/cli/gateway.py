"""``ioc gateway-token``."""

import json

from ioc.cli.heartbeat import feed_named
from ioc.cli.installation import catalogue_of
from ioc.cli.terminal import console
from streams.gateway.senders import hash_of, new_token
from streams.settings.settings import Settings


def token(settings: Settings, sender: str, feeds: list[str], sources: list[str]) -> None:
    """Print a new token, and what goes into the file of senders. Raises UnknownFeed."""
    catalogue = catalogue_of(settings)
    for feed in feeds:
        feed_named(catalogue, feed)
    made = new_token()
    console.print(f"Token of {sender}, shown only now: {made}")
    console.print("In the file that IOC_GATEWAY_SENDERS names, below `senders:`")
    console.print(f"  {sender}:\n    tokens_sha256: [{hash_of(made)}]\n    feeds: [{', '.join(feeds)}]")
    console.print(f"    sources: {json.dumps(sources, ensure_ascii=False)}")
