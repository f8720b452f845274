"""Addresses that messages lead to."""

from dataclasses import dataclass

from ioc.text.bilingual import Language


@dataclass(frozen=True)
class Links:
    """The relay's own pages, and the wall's where Grafana is known; without trailing slashes."""

    relay: str
    grafana: str | None = None

    def alert(self, key: str) -> str:
        return f"{self.relay}/alerts/{key}"

    def runbook(self, alert: str) -> str:
        return f"{self.relay}/runbooks/{alert}"

    def dashboard(
        self, subsystem: str, unit: str | None, start: float, end: float | None, language: Language
    ) -> str | None:
        """A subsystem's page from ``start`` to ``end`` (seconds since the epoch; None: now), of one unit if given."""
        if self.grafana is None:
            return None
        until = "now" if end is None else str(round(end * 1000))
        variable = f"&var-unit={unit}" if unit else ""
        uid = f"ioc-{language}-{subsystem.replace('_', '-')}"
        return f"{self.grafana}/d/{uid}?from={round(start * 1000)}&to={until}{variable}"
