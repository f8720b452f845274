"""What the tests of people share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from streams.web.people.door import Door

PASSWORD = "a long password for tests"
TOKEN = "a-token"


@dataclass
class House:
    """A server in this process, and a browser that has not signed in yet."""

    url: str
    door: Door
    browser: httpx.AsyncClient
    accounts: Path

    @property
    def own(self) -> dict[str, str]:
        """What a browser says with a form of the server's own page."""
        return {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}

    async def sign_in(self, account: str, password: str = PASSWORD, target: str = "", **headers: str) -> httpx.Response:
        form = {"account": account, "password": password, "target": target}
        path = f"{self.door.base}/sign-in"
        return await self.browser.post(path, data=form, headers={**self.own, **headers})

    def trail(self) -> list[dict[str, Any]]:
        """The oldest line first."""
        return [entry.as_data() for _, entry in self.door.trail.entries(1000)[::-1]]
