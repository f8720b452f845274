"""A real Grafana, provisioned from the files, on the scenario; it runs by `make test-grafana` alone."""

import time

import pytest

from dashboards.grafana_api import Grafana
from streams.stack.grafana import admin_password_file
from tests.e2e.conftest import Played

pytestmark = [pytest.mark.grafana, pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.timeout(900)]


def test_every_panel_has_data(played: Played) -> None:
    assert played.addresses.grafana is not None, "there is no program grafana on PATH"
    password = admin_password_file(played.folder / "grafana").read_text(encoding="utf-8").strip()
    grafana = Grafana(played.addresses.grafana, ("admin", password))
    now = time.time()
    verified = [grafana.verify(panel, now) for panel in grafana.panels()]
    assert len({each.panel.dashboard for each in verified}) > len(played.catalogue.subsystems)
    assert [(v.panel.dashboard, v.panel.title, v.faults) for v in verified if v.faults] == []
