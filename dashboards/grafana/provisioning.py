"""What Grafana reads at its start: the data source, one folder of dashboards for each language, the home page."""

from pathlib import Path

from dashboards.grafana.panel import DATASOURCE_UID
from dashboards.grafana.words import FOLDERS
from dashboards.yaml_text import dump
from ioc.text.bilingual import Language

DASHBOARDS_VARIABLE = "IOC_DASHBOARDS"
PROMETHEUS_VARIABLE = "IOC_PROMETHEUS_URL"
USER_VARIABLE, PASSWORD_VARIABLE = "IOC_PROMETHEUS_USER", "IOC_PROMETHEUS_PASSWORD"
HOME = "vi/desk.json"
SCRAPE_INTERVAL = "5s"
LANGUAGES: tuple[Language, ...] = ("vi", "en")


def provisioning() -> dict[str, str]:
    """The files of Grafana's provisioning folder."""
    datasource = {
        "name": "Prometheus",
        "uid": DATASOURCE_UID,
        "type": "prometheus",
        "access": "proxy",
        "url": f"${PROMETHEUS_VARIABLE}",
        # Where Prometheus asks nobody who they are it does not look at them.
        "basicAuth": True,
        "basicAuthUser": f"${USER_VARIABLE}",
        "secureJsonData": {"basicAuthPassword": f"${PASSWORD_VARIABLE}"},
        "isDefault": True,
        "editable": False,
        # Grafana's $__rate_interval is four of these.
        "jsonData": {"httpMethod": "POST", "timeInterval": SCRAPE_INTERVAL, "prometheusType": "Prometheus"},
    }
    providers = [
        {
            "name": f"ioc-{language}",
            "folder": FOLDERS[language],
            "folderUid": f"ioc-{language}",
            "type": "file",
            "disableDeletion": True,
            "allowUiUpdates": False,
            "updateIntervalSeconds": 30,
            "options": {"path": f"${DASHBOARDS_VARIABLE}/{language}"},
        }
        for language in LANGUAGES
    ]
    return {
        "datasources/prometheus.yaml": dump({"apiVersion": 1, "datasources": [datasource]}),
        "dashboards/ioc.yaml": dump({"apiVersion": 1, "providers": providers}),
    }


def environment(dashboards: Path, prometheus: str) -> dict[str, str]:
    """What Grafana's environment must have: where the dashboards' folders are, and Prometheus' address."""
    return {
        DASHBOARDS_VARIABLE: str(dashboards),
        PROMETHEUS_VARIABLE: prometheus,
        USER_VARIABLE: "grafana",
        PASSWORD_VARIABLE: "",
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(dashboards / HOME),
        "GF_USERS_DEFAULT_THEME": "dark",
        # In a frame of the wall.
        "GF_SECURITY_ALLOW_EMBEDDING": "true",
        "GF_USERS_DEFAULT_LANGUAGE": "en-US",
        "GF_DATE_FORMATS_DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
    }
