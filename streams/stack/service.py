"""A child process that serves HTTP on localhost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from streams.stack.children import Child, Children
from streams.stack.ports import require_free


@dataclass(frozen=True)
class Service:
    """A running web server: its process and the address it answers at, without a trailing slash."""

    child: Child
    url: str


def serve(
    children: Children,
    name: str,
    command: Sequence[str],
    *,
    url: str,
    ready: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 120.0,
    login: tuple[str, str] | None = None,
) -> Service:
    """Start a web server and return when `url` + `ready` answers 200, to user and password of ``login``.

    Raises SetupError if its port is taken, ChildFailed if it dies first or does not answer within `timeout` seconds.
    """
    require_free(httpx.URL(url).port or 80, name, "start again, which takes another port")
    child = children.start(name, command, env, cwd)
    # A proxy that the environment names is not for localhost.
    with httpx.Client(trust_env=False, timeout=2.0, auth=login) as client:
        child.wait_until(lambda: _answers(client, url + ready), timeout)
    return Service(child, url)


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
