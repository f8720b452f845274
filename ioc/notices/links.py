"""Addresses that messages lead to."""

import re
from dataclasses import dataclass

from ioc.text.bilingual import Language
from ioc.text.wall import dashboard_uid


@dataclass(frozen=True)
class Links:
    """Where the relay's own pages are, the runbooks, and the wall where Grafana is known; without trailing slashes.

    Every address is ASCII, whatever stands in an alert.
    """

    relay: str
    runbooks: str
    grafana: str | None = None

    def alert(self, key: str) -> str:
        return f"{self.relay}/alerts/{_quoted(key)}"

    def runbook(self, alert: str) -> str:
        return runbook_url(self.runbooks, alert)

    def dashboard(
        self, subsystem: str, unit: str | None, start: float, end: float | None, language: Language
    ) -> str | None:
        """A subsystem's page from ``start`` to ``end`` (seconds since the epoch; None: now), of one unit if given."""
        if self.grafana is None:
            return None
        until = "now" if end is None else str(round(end * 1000))
        variable = f"&var-unit={_quoted(unit)}" if unit else ""
        uid = _quoted(dashboard_uid(subsystem, language))
        return f"{self.grafana}/d/{uid}?from={round(start * 1000)}&to={until}{variable}"


def runbook_url(runbooks: str, alert: str) -> str:
    """Where the runbook of an alert is, below the address of all of them."""
    return f"{runbooks}/{_quoted(alert)}"


def _quoted(text: str) -> str:
    """A text as one part of an address (RFC 3986)."""
    return re.sub(rb"[^\w.~-]", lambda octet: b"%%%02X" % octet[0][0], text.encode()).decode()
