"""The exporter's page, as a client with the right authority and token sees it."""

import ssl
import time

import httpx

from streams.stack.children import Child
from tests.secure.installation import Installation


class Page:
    """The exporter's page, by HTTPS and with its token, and the worker behind it."""

    def __init__(self, installed: Installation, worker: Child) -> None:
        self.worker = worker
        self._address = f"https://127.0.0.1:{installed.ports['exporter']}/metrics"
        self._token = installed.token("exporter").read_text().strip()
        self._trusting = ssl.create_default_context(cafile=installed.authority.cert_file)

    def get(self) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        return httpx.get(self._address, headers=headers, verify=self._trusting, trust_env=False)

    def wait_for(self, sample: str) -> None:
        """Wait until the page has this line."""
        end = time.monotonic() + 240
        while True:
            try:
                answer = self.get()
                if answer.status_code == 200 and sample in answer.text.splitlines():
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, f"no {sample} in time"
            time.sleep(0.3)
