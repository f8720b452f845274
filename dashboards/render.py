"""All files that are generated from the catalogue and committed."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from dashboards import compose
from dashboards.alertmanager_config import alertmanager_config
from dashboards.boundaries import Areas
from dashboards.grafana import render_dashboards
from dashboards.nation.render import national_files
from dashboards.prometheus_config import Dns, Static, prometheus_config
from dashboards.reference import reference
from dashboards.rules import RUNBOOKS as RUNBOOKS_URL
from dashboards.rules import rule_files
from dashboards.runbooks import FOLDER as RUNBOOKS
from dashboards.runbooks import PROJECT, runbooks
from ioc.catalogue.model import Catalogue
from ioc.catalogue.nation import read_nation
from ioc.events.openapi import openapi_text
from ioc.events.schemas import render_schemas

Files = dict[str, str]
"""Paths below a folder, with ``/``, and their texts."""


def _prometheus(catalogue: Catalogue, runbooks: str = RUNBOOKS_URL) -> Files:
    """For docker compose: the names of its services, the ports of the settings."""
    config = prometheus_config(
        exporters=Dns("exporter", 9464),
        workers=Dns("worker", 9465),
        relays=Static([compose.RELAY]),
        nodes=Static([compose.NODE]),
        alertmanagers=Static([compose.ALERTMANAGER]),
        prometheus=Static([compose.PROMETHEUS]),
        gateways=Dns("gateway", 9466),
        access=compose.ACCESS,
    )
    return {
        "prometheus.yml": config,
        **{f"rules/{name}": text for name, text in rule_files(catalogue, runbooks).items()},
    }


def _alertmanager(catalogue: Catalogue) -> Files:
    config = alertmanager_config(catalogue, f"http://{compose.RELAY}", token_file=compose.RELAY_TOKEN)
    return {"alertmanager.yml": config}


def _schemas(catalogue: Catalogue) -> Files:
    return {**render_schemas(catalogue), "openapi.json": openapi_text(catalogue)}


def _nation(catalogue: Catalogue, runbooks: str = RUNBOOKS_URL) -> Files:
    """Of the example, so that it is seen what a nation gets."""
    return national_files(catalogue, read_nation(PROJECT / "docs/examples/nation.yaml"), runbooks)


PROMETHEUS = "dashboards/generated/prometheus"
GRAFANA = "dashboards/generated/grafana"
NATION = "dashboards/generated/nation"
GENERATORS: Mapping[str, Callable[[Catalogue], Files]] = {
    PROMETHEUS: _prometheus,
    "dashboards/generated/alertmanager": _alertmanager,
    GRAFANA: render_dashboards,
    NATION: _nation,
    "docs/reference": reference,
    "docs/schemas": _schemas,
    RUNBOOKS: runbooks,
}
"""Folders from the project's root, each wholly made by one generator."""


def render(
    catalogue: Catalogue, root: Path = PROJECT, runbooks_url: str = RUNBOOKS_URL, areas: Areas | None = None
) -> Files:
    """Every generated file: its path from the project's root and its text.

    Of runbooks only the frame is generated: what people wrote below ``root``, or else in the project, is kept.

    Args:
        runbooks_url: where people read them: alerts link them there.
        areas: what the map draws below its points.
    """
    generators: Mapping[str, Callable[[Catalogue], Files]] = {
        **GENERATORS,
        GRAFANA: partial(render_dashboards, areas=areas),
        PROMETHEUS: partial(_prometheus, runbooks=runbooks_url),
        NATION: partial(_nation, runbooks=runbooks_url),
        RUNBOOKS: partial(runbooks, root=root),
    }
    return {
        f"{folder}/{path}": text
        for folder, generate in generators.items()
        for path, text in generate(catalogue).items()
    }


def differences(root: Path, files: Files) -> list[str]:
    """The paths, sorted, that differ from what `render` gave: changed, missing, or there and no longer generated."""
    found = {
        path.relative_to(root).as_posix(): path
        for folder in GENERATORS
        for path in (root / folder).rglob("*")
        if path.is_file()
    } | {name: root / name for name in files if (root / name).is_file()}
    changed = {name for name, text in files.items() if name not in found or found[name].read_text() != text}
    return sorted(changed | (found.keys() - files.keys()))


def write(root: Path, files: Files) -> list[str]:
    """Make the folders below ``root`` what `render` gave; returns the paths that differed."""
    changed = differences(root, files)
    for name in changed:
        path = root / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name])
        else:
            path.unlink()
    return changed
