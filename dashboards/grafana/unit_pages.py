"""What the pages about units have in common: how often they are read, and a moment of the past to compare with."""

from collections.abc import Sequence

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links
from dashboards.grafana.compared import compared_with
from dashboards.grafana.panel import Dashboard, Json, Section
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid


def unit_page(
    name: str,
    title: Text,
    description: Text,
    sections: Sequence[Section],
    language: Language,
    *,
    picked: Sequence[Json] = (),
) -> Dashboard:
    """A page about units in one language; ``picked`` are variables of its own."""
    return Dashboard(
        uid=dashboard_uid(name, language),
        title=title.titled(language),
        description=description.titled(language),
        language=language,
        sections=sections,
        span="24h",
        refresh="1m",
        links=dashboard_links(language, name),
        variables=[CASES_VARIABLE, *picked, compared_with(language, "7d")],
    )
