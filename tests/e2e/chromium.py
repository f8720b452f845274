"""A headless Chromium driven by its DevTools protocol, as far as the tests of the wall's page need it."""

import asyncio
import base64
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser of this machine; None where there is none."""
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)
_START = 30.0


class Tab:
    """One page. See https://chromedevtools.github.io/devtools-protocol/."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers, self._session = socket, count(1), ""

    @classmethod
    async def opened(cls, socket: aiohttp.ClientWebSocketResponse, width: int, height: int) -> "Tab":
        tab = cls(socket)
        target = await tab.send("Target.createTarget", url="about:blank")
        attached = await tab.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab._session = attached["sessionId"]
        await tab.send("Page.enable")
        await tab.resize(width, height)
        return tab

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its result; events that come before it are passed over."""
        number = next(self._numbers)
        command: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        await self._socket.send_json(command | ({"sessionId": self._session} if self._session else {}))
        while (answer := await self._socket.receive_json(timeout=_START)).get("id") != number:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def resize(self, width: int, height: int) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def go(self, url: str) -> None:
        await self.send("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = await self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def text(self, selector: str) -> str:
        """What people read of the elements that match: of hidden ones nothing."""
        shown = f"[...document.querySelectorAll({selector!r})].filter(each => each.checkVisibility())"
        return str(await self.run(f"{shown}.map(each => each.innerText).join('\\n')"))

    async def until(self, script: str, seconds: float = 30.0) -> None:
        """Wait until an expression is true."""
        async with asyncio.timeout(seconds):
            while not await self.run(f"Boolean({script})"):  # noqa: ASYNC110  (the page sets no event of ours)
                await asyncio.sleep(0.1)

    async def picture(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def browsing(folder: Path, *, width: int = 1920, height: int = 1080) -> AsyncIterator[Tab]:
    """A browser with one page, its profile in ``folder``."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *_ARGUMENTS,
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port = folder / "DevToolsActivePort"
        async with asyncio.timeout(_START):
            while not (port.exists() and port.read_text().count("\n")):  # noqa: ASYNC110  (written by the browser)
                await asyncio.sleep(0.05)
        number, path = port.read_text().split("\n")[:2]
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"ws://127.0.0.1:{number}{path}", max_msg_size=0) as socket,
        ):
            yield await Tab.opened(socket, width, height)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
