"""The relay asked from the command line, by whose account the token is."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
from pydantic import SecretStr

from ioc.notices.episode import Episode


class RelayError(Exception):
    """The relay gave no answer, or refused; the message says why."""


class RelayClient:
    """A relay at an address. Every method raises RelayError; use it in a ``with``."""

    def __init__(self, url: str, token: SecretStr | None, ca_file: Path | None = None) -> None:
        """``ca_file``: who vouches for the relay's certificate, beside whom the system trusts."""
        if token is None:
            raise RelayError(
                "the relay asks for a token: set IOC_RELAY_TOKEN_FILE to your own, of `ioc accounts token`"
            )
        self._url = url.rstrip("/")
        trusted = ssl.create_default_context()
        if ca_file is not None:
            trusted.load_verify_locations(ca_file)
        headers = {"Authorization": f"Bearer {token.get_secret_value()}", "Accept": "application/json"}
        self._client = httpx.Client(base_url=self._url, headers=headers, timeout=15, trust_env=False, verify=trusted)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def alerts(self) -> list[dict[str, Any]]:
        """The open alerts, the newest first."""
        found: list[dict[str, Any]] = self._ask("GET", "/api/alerts").json()
        return found

    def duty(self) -> list[dict[str, str]]:
        """Who is on duty, and who took over: lines in both languages; none without a roster and a handover."""
        lines: list[dict[str, str]] = self._ask("GET", "/api/duty").json()
        return lines

    def alert(self, key: str) -> dict[str, Any]:
        """The open alert whose key begins so."""
        found = [alert for alert in self.alerts() if alert["key"].startswith(key)]
        if len(found) != 1:
            what = "no open alert" if not found else f"{len(found)} open alerts"
            raise RelayError(f"{what} with a key that begins with {key!r}: see `ioc alerts list`")
        return found[0]

    def acknowledge(self, key: str, note: str) -> dict[str, Any]:
        taken: dict[str, Any] = self._ask("POST", f"/alerts/{key}/acknowledge", {"note": note}).json()
        return taken

    def silence(self, key: str, reason: str, until: str) -> dict[str, Any]:
        """``until``: a time in ISO 8601, local where it names no zone."""
        form = {"reason": reason, "until": until}
        silenced: dict[str, Any] = self._ask("POST", f"/alerts/{key}/silence", form).json()
        return silenced

    def tell_redrive(self, selection: Mapping[str, str]) -> None:
        """Put into the trail which rejected events are sent again."""
        self._ask("POST", "/api/redrives", selection)

    def episodes(self, start: float, end: float) -> list[Episode]:
        """The alerts that were open at any time between two moments, in seconds since the epoch."""
        rows = self._ask("GET", "/api/episodes", query={"from": str(start), "to": str(end)}).json()
        try:
            return msgspec.convert(rows, list[Episode])
        except msgspec.ValidationError as error:
            raise RelayError(f"the relay at {self._url} is of another version: {error}") from None

    def report(self, start: str | None, end: str | None, form: str) -> str:
        """The shift report, as ``md`` or ``html``."""
        query = {name: moment for name, moment in (("from", start), ("to", end)) if moment}
        return self._ask("GET", "/report", query={**query, "format": form}).text

    def _ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, data=form, params=query)
        except httpx.HTTPError as error:
            raise RelayError(f"the relay at {self._url} cannot be reached: {error}. Is it running?") from None
        if answer.status_code == 401:
            raise RelayError(f"the relay at {self._url} knows nobody with this token: see `ioc accounts token`")
        if answer.is_error:
            raise RelayError(f"the relay refused: {_reason(answer)}")
        return answer


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
