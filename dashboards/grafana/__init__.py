"""Grafana's dashboards and provisioning, generated from the catalogue in Vietnamese and English."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from dashboards.boundaries import Areas
from dashboards.grafana.addresses import BEHIND_PROXY, CASES, RELAY
from dashboards.grafana.annotations import annotations
from dashboards.grafana.map import unit_map
from dashboards.grafana.months import months
from dashboards.grafana.on_call import on_call
from dashboards.grafana.overview import desk, overview
from dashboards.grafana.panel import Dashboard, Section, constant
from dashboards.grafana.platform import platform
from dashboards.grafana.present import present_strip
from dashboards.grafana.provisioning import LANGUAGES, environment, provisioning
from dashboards.grafana.ranking import ranking
from dashboards.grafana.subsystem import subsystem_dashboard
from dashboards.grafana.unit import unit_dashboard
from ioc.catalogue.model import Catalogue
from ioc.text.bilingual import Language
from ioc.text.json_text import json_text

__all__ = ["dashboards_of", "environment", "render_dashboards"]


def render_dashboards(
    catalogue: Catalogue,
    cases: str = "",
    relay: str = BEHIND_PROXY,
    history: tuple[datetime, datetime] | None = None,
    areas: Areas | None = None,
) -> dict[str, str]:
    """Every file below ``dashboards/generated/grafana``: ``provisioning/...`` and ``dashboards/<language>/...``.

    ``cases`` and ``relay`` are where their pages are, such as ``http://127.0.0.1:9096``; without, where Grafana's is.
    ``history`` is when the first and the last event happened, where no more will come: the months open with it.
    ``areas`` are what the map draws below its points.
    """
    files = {f"provisioning/{path}": text for path, text in provisioning().items()}
    for language in LANGUAGES:
        pages = dashboards_of(catalogue, language, areas)
        if history is not None:
            first, last = (moment.isoformat() for moment in history)
            pages["months"] = replace(pages["months"], period=(first, last))
        for name, dashboard in pages.items():
            files[f"dashboards/{language}/{name}.json"] = _json(dashboard, {CASES: cases, RELAY: relay})
    return files


def dashboards_of(catalogue: Catalogue, language: Language, areas: Areas | None = None) -> dict[str, Dashboard]:
    """The dashboards in one language by the names of their files."""
    pages = {
        "platform": platform(catalogue, language),
        "on_call": on_call(catalogue, language),
        "ranking": ranking(catalogue, language),
        "map": unit_map(catalogue, language, areas),
        "months": months(catalogue, language),
        "unit": unit_dashboard(catalogue, language),
        **{slug: subsystem_dashboard(catalogue, each, language) for slug, each in catalogue.subsystems.items()},
    }
    overviews = {"overview": overview(catalogue, language), "desk": desk(catalogue, language)}
    present = Section("", [present_strip(language)])
    under_it = {name: replace(page, sections=[present, *page.sections]) for name, page in pages.items()}
    return {
        name: replace(page, annotations=annotations(catalogue, name, language))
        for name, page in {**overviews, **under_it}.items()
    }


def _json(dashboard: Dashboard, addresses: Mapping[str, str]) -> str:
    variables = [
        constant(each["name"], addresses[each["name"]]) if each["name"] in addresses else each
        for each in dashboard.variables
    ]
    return json_text(replace(dashboard, variables=variables).as_json())
