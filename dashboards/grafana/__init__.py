"""Grafana's dashboards and provisioning, generated from the catalogue in Vietnamese and English."""

import json

from dashboards.grafana.on_call import on_call
from dashboards.grafana.overview import overview
from dashboards.grafana.panel import Dashboard
from dashboards.grafana.platform import platform
from dashboards.grafana.provisioning import LANGUAGES, environment, provisioning
from dashboards.grafana.subsystem import subsystem_dashboard
from dashboards.grafana.words import Speaker
from ioc.catalogue.model import Catalogue

__all__ = ["dashboards_of", "environment", "render_dashboards"]


def render_dashboards(catalogue: Catalogue) -> dict[str, str]:
    """Every file below ``dashboards/generated/grafana``: ``provisioning/...`` and ``dashboards/<language>/...``."""
    files = {f"provisioning/{path}": text for path, text in provisioning().items()}
    for language in LANGUAGES:
        for name, dashboard in dashboards_of(catalogue, Speaker(language)).items():
            files[f"dashboards/{language}/{name}.json"] = _json(dashboard)
    return files


def dashboards_of(catalogue: Catalogue, say: Speaker) -> dict[str, Dashboard]:
    """The dashboards in one language by the names of their files."""
    return {
        "overview": overview(catalogue, say),
        "platform": platform(catalogue, say),
        "on_call": on_call(catalogue, say),
        **{slug: subsystem_dashboard(catalogue, each, say) for slug, each in catalogue.subsystems.items()},
    }


def _json(dashboard: Dashboard) -> str:
    return json.dumps(dashboard.as_json(), indent=1, ensure_ascii=False) + "\n"
