"""What of an address leads to this server, and what does not."""

import pytest

from streams.web.address import is_own_path


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
