"""``ioc gateway-token``."""

from ioc.cli.terminal import console
from streams.gateway.feeds import hash_of, new_token


def token(feed: str, subsystems: list[str]) -> None:
    """Print a new token, and what goes into the file of feeds."""
    made = new_token()
    console.print(f"Token of {feed}, shown only now: {made}")
    console.print("In the file that IOC_GATEWAY_FEEDS names, below `feeds:`")
    console.print(f"  {feed}:\n    tokens_sha256: [{hash_of(made)}]\n    subsystems: [{', '.join(subsystems)}]")
