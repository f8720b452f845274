"""The reports that the relay sends to leaders: Vietnamese, PDF to read and XLSX to work with."""

from collections.abc import Sequence

from dashboards.prometheus_api import Prometheus
from dashboards.report_facts import report_facts
from ioc.catalogue import Catalogue
from ioc.notices.episode import Episode
from ioc.notices.report.compose import compose
from ioc.notices.report.letter import Letter, letter
from ioc.notices.report.period import Period
from streams.relay.background import in_thread
from streams.relay.report.files import Form, ReportFile, report_file


class PrometheusReports:
    """Reports of a catalogue, as Prometheus holds the figures."""

    def __init__(self, catalogue: Catalogue, prometheus: Prometheus) -> None:
        self._catalogue, self._prometheus = catalogue, prometheus

    async def of(self, periods: Sequence[Period], alerts: Sequence[Episode]) -> tuple[Letter, list[ReportFile]]:
        """Raises PrometheusError."""
        return await in_thread(lambda: self._made(periods, alerts))

    def _made(self, periods: Sequence[Period], alerts: Sequence[Episode]) -> tuple[Letter, list[ReportFile]]:
        documents = [
            compose(report_facts(self._prometheus, self._catalogue, period, alerts), self._catalogue, "vi")
            for period in periods
        ]
        files = [report_file(document, form) for document in documents for form in (Form.PDF, Form.XLSX)]
        return letter(documents), files
