"""TLS and bearer tokens of our web servers, and what they say of files that cannot be used."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from streams.secrets.certificates import Authority, CertificateError, Issued
from streams.secrets.tls import TlsError, client_context, server_context
from streams.settings.parts import WorkerMetricsSettings
from streams.settings.settings import load_settings
from streams.web.server import is_bearer
from streams.worker.http import serve

SOON = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    return authority.issue("ioc-worker", ["127.0.0.1"], until=SOON)


def test_a_worker_serves_its_metrics_by_https_to_who_shows_the_token(
    authority: Authority, issued: Issued, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("w0rker-t0ken\n")
    listener = WorkerMetricsSettings(port=0, cert_file=issued.cert, key_file=issued.key, token_file=token)
    trusting = ssl.create_default_context(cafile=authority.cert_file)

    def get(url: str, **headers: str) -> int:
        return httpx.get(url, headers=headers, verify=trusting, trust_env=False).status_code

    with serve(listener, CollectorRegistry(), list, list) as address:
        assert address.startswith("https://127.0.0.1:")
        assert get(address) == 401
        assert get(address, Authorization="Bearer w0rker-t0ke") == 401
        assert get(address, Authorization="Bearer w0rker-t0ken") == 200
        assert get(address.replace("/metrics", "/healthz")) == 200


@pytest.mark.parametrize("shown", [None, "", "t0ken", "Bearer", "Bearer t0ke", "bearer t0ken", "Bearer t\udcff0ken"])
def test_nothing_but_the_token_is_admitted(shown: str | None) -> None:
    token = SecretStr("t0ken")
    assert is_bearer("Bearer t0ken", token)
    assert not is_bearer(shown, token)


def test_the_files_of_an_authority_are_its_owners_alone(authority: Authority, issued: Issued) -> None:
    assert {file.stat().st_mode & 0o777 for file in (issued.key, issued.pair, authority.folder / "ca.key")} == {0o600}


def test_an_authority_signs_nothing_that_outlives_it(authority: Authority) -> None:
    with pytest.raises(CertificateError, match=r"ca\.pem ends on .*ask for fewer days"):
        authority.issue("ioc-worker", until=SOON + timedelta(days=10_000))
    with pytest.raises(CertificateError, match="choose another"):
        authority.issue("ca", until=SOON)


Context = Callable[[Path, Path], object]
CONTEXTS: dict[str, Context] = {
    "IOC_EXPORTER_": lambda cert, key: server_context("IOC_EXPORTER_", cert, key),
    "IOC_": lambda cert, key: client_context("IOC_", None, cert, key),
}


@pytest.mark.parametrize("prefix", CONTEXTS)
def test_an_expired_certificate_is_named_with_its_setting_and_its_end(prefix: str, tmp_path: Path) -> None:
    old = Authority(tmp_path).issue("ioc-worker", until=datetime(2025, 7, 24, 4, tzinfo=UTC))
    with pytest.raises(TlsError, match=rf"^{prefix}CERT_FILE: .*expired on 2025-07-24 04:00 UTC: put a renewed one"):
        CONTEXTS[prefix](old.cert, old.key)


@pytest.mark.parametrize("prefix", CONTEXTS)
def test_a_key_of_another_certificate_is_refused_in_one_line(prefix: str, issued: Issued, tmp_path: Path) -> None:
    other = Authority(tmp_path).issue("ioc-worker", until=SOON)
    with pytest.raises(TlsError, match=rf"^{prefix}CERT_FILE, {prefix}KEY_FILE: [^\n]*KEY_VALUES_MISMATCH[^\n]*$"):
        CONTEXTS[prefix](issued.cert, other.key)


def test_an_authority_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate")
    with pytest.raises(TlsError, match=r"^IOC_CA_FILE: .*holds no certificate in PEM"):
        load_settings(security_protocol="SSL", ca_file=file).kafka_options()
