import asyncio
import time
from collections.abc import Callable
from typing import Any

from tests.streams.relay.receivers import TOKEN
from tests.streams.web.scrapes import check_negotiation

CONTACTS = """
contacts: {lan: {name: Lan, channels: [{type: webhook, url: 'http://127.0.0.1:9/lan'}]}}
chains: [{contacts: [lan]}]
digest: [lan]
"""


async def test_its_metrics_come_in_the_format_and_packing_that_is_asked_for(start_relay: Callable[..., Any]) -> None:
    async with start_relay(CONTACTS, time.time) as relay:
        await asyncio.to_thread(
            check_negotiation, f"{relay.machines.base_url}/metrics", {"Authorization": f"Bearer {TOKEN}"}
        )
