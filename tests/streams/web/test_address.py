"""What of an address leads to this server, and what does not; and one that is taken already."""

import re
import socket

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.settings.parts import ExporterSettings, WorkerMetricsSettings
from streams.web.address import is_own_path
from streams.web.server import serving
from streams.worker.http import serve


@pytest.mark.parametrize("target", ["/", "/alerts/a?b=c#d", "/cases/health/beds?lang=en"])
def test_a_path_of_this_server_is_its_own(target: str) -> None:
    assert is_own_path(target)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "alerts",
        "//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
    ],
)
def test_what_a_browser_takes_for_another_hosts_address_is_not(target: str) -> None:
    assert not is_own_path(target)


def test_below_a_base_only_its_own_paths_are() -> None:
    assert is_own_path("/cases/health", "/cases")
    assert not is_own_path("/alerts", "/cases")
    assert not is_own_path("/casesx", "/cases")


async def test_a_server_whose_port_is_taken_says_which_and_what_to_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = f"cannot listen on 127.0.0.1:{port} (Address already in use)"
        with pytest.raises(OSError, match=f"^{re.escape(said)}.*IOC_EXPORTER_PORT"):
            async with serving(web.Application(), ExporterSettings(port=port)):
                pass
        with (
            pytest.raises(OSError, match=f"^{re.escape(said)}.*IOC_WORKER_METRICS_PORT"),
            serve(WorkerMetricsSettings(port=port), CollectorRegistry(), list, list),
        ):
            pass
