"""The door of a server, as the settings have it."""

from collections.abc import Callable

from streams.settings.parts import PeopleSettings
from streams.settings.secrets.first_line import first_line
from streams.settings.secrets.tls import client_context
from streams.web.people.accounts import AccountsFile
from streams.web.people.door import Door
from streams.web.people.provider import Provider
from streams.web.people.sessions import Sessions
from streams.web.people.throttle import Throttle
from streams.web.people.trail import Trail


def door_of(
    people: PeopleSettings, server: str, *, base: str, url: str, trail: Trail, now: Callable[[], float]
) -> Door:
    """The door of a server whose pages are below ``url`` and ``base``.

    Raises YamlFileError, SecretError, TlsError where a file that the settings name cannot be used.
    """
    host = url.rstrip("/")
    return Door(
        server,
        base,
        host,
        AccountsFile(people.accounts),
        _provider(people, f"{host}{base}/sign-in/return", now),
        Sessions(now, people.idle, people.longest),
        Throttle(now),
        trail,
        now,
        people.behind_proxy,
    )


def _provider(people: PeopleSettings, callback: str, now: Callable[[], float]) -> Provider | None:
    if people.issuer is None:
        return None
    assert people.client_id is not None
    assert people.client_secret_file is not None
    secret = first_line(people.client_secret_file).get_secret_value()
    trusted = people.issuer_ca_file and client_context("IOC_PEOPLE_ISSUER_", people.issuer_ca_file, None, None)
    return Provider(
        str(people.issuer),
        people.client_id,
        secret,
        callback=callback,
        role_claim=people.role_claim,
        now=now,
        trusted=trusted or None,
    )
