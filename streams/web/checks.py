"""/healthz and /readyz, which every server of the monitor answers alike."""

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

HEALTH = "/healthz"
"""Whether the process makes progress: one that does not is to be started anew."""
READINESS = "/readyz"
"""Whether it does its part now."""

Reasons = Callable[[], Sequence[str]]
"""What is not as it should be, a line each; nothing where all is well."""


def none() -> Sequence[str]:
    """The reasons of a server that is well while it answers."""
    return ()


def verdict(reasons: Sequence[str]) -> tuple[int, str]:
    """Status and text of an answer."""
    return (503, "".join(f"{reason}\n" for reason in reasons)) if reasons else (200, "ok\n")


def checks(stuck: Reasons = none, unready: Reasons = none) -> list[web.RouteDef]:
    """The routes: 503 with the reasons while something is ``stuck``, or is ``unready``."""

    def answering(reasons: Reasons) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_: web.Request) -> web.Response:
            status, text = verdict(reasons())
            return web.Response(status=status, text=text)

        return answer

    return [web.get(HEALTH, answering(stuck)), web.get(READINESS, answering(unready))]
