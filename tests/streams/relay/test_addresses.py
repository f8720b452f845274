"""No address makes the relay fail: programs are told in problem details, people on a page."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.ioc.notices.samples import AT_FOUR
from tests.streams.relay.receivers import Clock, HttpReceiver
from tests.texts.texts import ALL

CONTACTS = """
contacts: {{lan: {{name: Lan, channels: [{{type: webhook, url: '{url}'}}]}}}}
chains: [{{contacts: [lan]}}]
digest: [lan]
"""


@pytest.mark.parametrize(
    "address", ["/alerts/{}", "/runbooks/{}", "/report?from={}", "/report?to={}", "/report?format={}", "/{}"]
)
async def test_no_address_makes_the_relay_fail(
    start_relay: Callable[..., Any], receiver: HttpReceiver, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with start_relay(CONTACTS.format(url=receiver.url), Clock(AT_FOUR)) as relay:
        for text in ("0001-01-01", "9999-12-31T23:59:59-14:00", "1e9", "-1", *ALL):
            asked = address.format(quote(text, safe=""))
            for_program, for_browser = [
                await relay.client.get(asked, headers=headers) for headers in ({}, {"Accept": "text/html"})
            ]
            assert for_program.status_code == for_browser.status_code < 500, text
            if for_program.is_client_error:
                assert for_program.headers["Content-Type"].startswith("application/problem+json"), text
                assert for_program.json()["detail"]
                assert for_browser.headers["Content-Type"].startswith("text/html"), text
    assert not [record for record in caplog.records if record.exc_info and record.levelno >= logging.INFO]
