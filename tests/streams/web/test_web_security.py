"""TLS and bearer tokens of our web servers, and what they say of files that cannot be used."""

import asyncio
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from cryptography import x509
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from streams.settings.parts import ExporterSettings, WorkerMetricsSettings
from streams.settings.secrets.certificates import Authority, CertificateError, Issued
from streams.settings.secrets.tls import TlsError, client_context, server_context
from streams.settings.settings import load_settings
from streams.web.server import is_bearer, serving
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
    token.write_text("a-w0rker-t0ken-of-a-test\n")
    listener = WorkerMetricsSettings(port=0, cert_file=issued.cert, key_file=issued.key, token_file=token)
    trusting = ssl.create_default_context(cafile=authority.cert_file)

    def get(url: str, **headers: str) -> int:
        return httpx.get(url, headers=headers, verify=trusting, trust_env=False).status_code

    with serve(listener, CollectorRegistry(), list, list) as address:
        assert address.startswith("https://127.0.0.1:")
        assert get(address) == 401
        assert get(address, Authorization="Bearer a-w0rker-t0ken-of-a-tes") == 401
        assert get(address, Authorization="Bearer a-w0rker-t0ken-of-a-test") == 200
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


@pytest.mark.parametrize(
    ("host", "held"),
    [
        ("ioc.example.vn", x509.DNSName("ioc.example.vn")),
        ("*.example.vn", x509.DNSName("*.example.vn")),
        ("máy-chủ.phutho.gov.vn", x509.DNSName("xn--my-ch-xqa0294c.phutho.gov.vn")),
        ("10.0.0.1", x509.IPAddress(ip_address("10.0.0.1"))),
        ("[2001:db8::1]", x509.IPAddress(ip_address("2001:db8::1"))),
    ],
)
def test_a_certificate_holds_for_the_host_that_clients_ask_for(
    authority: Authority, host: str, held: x509.GeneralName
) -> None:
    issued = authority.issue("ioc-worker", [host], until=SOON)
    certificate = x509.load_pem_x509_certificate(issued.cert.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [held]


@pytest.mark.parametrize("host", ["", " ", "a b", "a..b", "https://a", "a:9092", "a/b", "-a", "a" * 64, "a_b", "a\n"])
def test_what_is_no_host_gets_no_certificate(authority: Authority, host: str) -> None:
    with pytest.raises(CertificateError, match=re.escape(f"{host!r} is no host")):
        authority.issue("ioc-worker", [host], until=SOON)


async def test_a_server_is_known_by_the_letters_of_its_name(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host with letters beyond ASCII: the one that Python's TLS asks for is the one that the certificate holds."""
    issued = authority.issue("ioc-worker", ["máy-chủ.vn"], until=SOON)
    listener = ExporterSettings(port=0, cert_file=issued.cert, key_file=issued.key)
    async with serving(web.Application(), listener) as address:
        port = int(address.rpartition(":")[2])
        trusting = ssl.create_default_context(cafile=authority.cert_file)
        connect = partial(asyncio.open_connection, "127.0.0.1", port, ssl=trusting)
        _, writer = await connect(server_hostname="máy-chủ.vn")
        writer.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(server_hostname="may-chu.vn")


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
