"""What the pages about units have in common: how often they are read, and a moment of the past to compare with."""

from collections.abc import Sequence

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links
from dashboards.grafana.panel import Dashboard, Json, Section, choice
from dashboards.grafana.peers import AGO
from ioc.text.bilingual import Language, Text
from ioc.text.wall import dashboard_uid

_COMPARED_WITH = Text("So với", "Compared with")
_MOMENTS = {
    "1h": Text("1 giờ trước", "1 hour ago"),
    "1d": Text("1 ngày trước", "1 day ago"),
    "7d": Text("7 ngày trước", "7 days ago"),
    "30d": Text("30 ngày trước", "30 days ago"),
}


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
    moments = {span: words.titled(language) for span, words in _MOMENTS.items()}
    return Dashboard(
        uid=dashboard_uid(name, language),
        title=title.titled(language),
        description=description.titled(language),
        language=language,
        sections=sections,
        span="24h",
        refresh="1m",
        links=dashboard_links(language, name),
        variables=[
            CASES_VARIABLE,
            *picked,
            choice(AGO.removeprefix("$"), _COMPARED_WITH.titled(language), moments, "7d"),
        ],
    )
