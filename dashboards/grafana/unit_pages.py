"""What the pages about units have in common: how often they are read, and a moment of the past to compare with."""

from collections.abc import Sequence

from dashboards.grafana.addresses import CASES_VARIABLE, dashboard_links, uid
from dashboards.grafana.panel import Dashboard, Json, Section, choice
from dashboards.grafana.peers import AGO
from dashboards.grafana.words import Bilingual, Speaker
from ioc.text.words import Words

_COMPARED_WITH = Words("So với", "Compared with")
_MOMENTS = {
    "1h": Words("1 giờ trước", "1 hour ago"),
    "1d": Words("1 ngày trước", "1 day ago"),
    "7d": Words("7 ngày trước", "7 days ago"),
    "30d": Words("30 ngày trước", "30 days ago"),
}


def unit_page(
    name: str,
    title: Bilingual,
    description: Bilingual,
    sections: Sequence[Section],
    say: Speaker,
    *,
    picked: Sequence[Json] = (),
) -> Dashboard:
    """A page about units in one language; ``picked`` are variables of its own."""
    moments = {span: say(words) for span, words in _MOMENTS.items()}
    return Dashboard(
        uid=uid(name, say),
        title=say(title),
        description=say(description),
        language=say.language,
        sections=sections,
        span="24h",
        refresh="1m",
        links=dashboard_links(say, name),
        variables=[CASES_VARIABLE, *picked, choice(AGO.removeprefix("$"), say(_COMPARED_WITH), moments, "7d")],
    )
