"""All files of a nation: what its Prometheus, Alertmanager and Grafana load."""

from dashboards import compose
from dashboards.alertmanager_config import alertmanager_with
from dashboards.grafana.provisioning import LANGUAGES, provisioning
from dashboards.nation.alerts import national_alerts, national_inhibitions
from dashboards.nation.federation import national_prometheus
from dashboards.nation.ranking import national_ranking
from dashboards.nation.rules import national_recordings
from dashboards.nation.wall import RANKS, WALL, national_wall
from dashboards.rules.inhibitions import open_alerts
from dashboards.rules.rule import Recording, rule_file
from ioc.catalogue.model import Catalogue
from ioc.catalogue.nation import Nation
from ioc.kpis import metric_names
from ioc.text.json_text import json_text


def national_files(catalogue: Catalogue, nation: Nation, runbooks: str) -> dict[str, str]:
    """Every file by its path, for docker compose's names; alerts link their runbooks below an address."""
    config = national_prometheus(
        catalogue,
        nation,
        alertmanagers=[compose.ALERTMANAGER],
        relays=[compose.RELAY],
        nodes=[compose.NODE],
        prometheus=[compose.PROMETHEUS],
        access=compose.ACCESS,
    )
    relay = f"http://{compose.RELAY}"
    return {
        "prometheus/prometheus.yml": config,
        **{f"grafana/{path}": text for path, text in national_dashboards(catalogue, nation).items()},
        **{f"prometheus/rules/{name}": text for name, text in national_rules(catalogue, nation, runbooks).items()},
        "alertmanager/alertmanager.yml": alertmanager_with(
            national_inhibitions(), relay, token_file=compose.RELAY_TOKEN
        ),
    }


def national_rules(catalogue: Catalogue, nation: Nation, runbooks: str) -> dict[str, str]:
    """Every rule file by its name."""
    opened = Recording(metric_names.ALERT_OPEN, open_alerts(national_inhibitions()))
    return {
        "nation.yml": rule_file("nation", national_recordings(catalogue, nation), runbooks),
        "alerts.yml": rule_file("alerts", [*national_alerts(catalogue, nation.limits), opened], runbooks),
    }


def national_dashboards(catalogue: Catalogue, nation: Nation) -> dict[str, str]:
    """What Grafana loads: ``provisioning/...`` and ``dashboards/<language>/...``."""
    files = {f"provisioning/{path}": text for path, text in provisioning().items()}
    for language in LANGUAGES:
        pages = {
            WALL: national_wall(catalogue, nation, language),
            RANKS: national_ranking(catalogue, nation, language),
        }
        files |= {f"dashboards/{language}/{name}.json": json_text(page.as_json()) for name, page in pages.items()}
    return files
