"""A private certificate authority: one for an installation without an authority of its own, and for tests."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from streams.settings.secrets.private_files import write_private

AUTHORITY = "ca"
"""Name of the authority's own files."""

_AUTHORITY_DAYS = 3650
_CLOCKS_DIFFER = timedelta(minutes=5)
_PART = r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_PART}(\.{_PART})*")
_USES = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


class CertificateError(ValueError):
    """A certificate that is not made; the message says why."""


@dataclass(frozen=True, slots=True)
class Issued:
    """The PEM files of one certificate: the certificate, its key, and both in one as Kafka's brokers take them."""

    cert: Path
    key: Path
    pair: Path


class Authority:
    """The authority whose files lie in ``folder``; `ca.key` never needs to leave the machine it was made on."""

    def __init__(self, folder: Path) -> None:
        """Take the authority there is, or make one. Raises OSError, ValueError where its files are damaged."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.cert_file = folder / f"{AUTHORITY}.pem"
        key_file = folder / f"{AUTHORITY}.key"
        if not key_file.exists():
            self._create(key_file)
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self._cert = x509.load_pem_x509_certificate(self.cert_file.read_bytes())

    def issue(self, name: str, hosts: Iterable[str] = (), *, until: datetime) -> Issued:
        """Write a certificate with the common name ``name``, for servers at ``hosts`` and for clients.

        Raises:
            CertificateError: the name is the authority's own, a host is none, or it would outlive the authority.
        """
        if name == AUTHORITY:
            raise CertificateError(f"{AUTHORITY} is the authority's own name: choose another")
        if until > self._cert.not_valid_after_utc:
            raise CertificateError(
                f"{self.cert_file} ends on {self._cert.not_valid_after_utc:%Y-%m-%d}, before this certificate would: "
                "ask for fewer days, or make a new authority in another folder"
            )
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, self._cert.subject, key, until)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(_USES), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        if names := [_general_name(host) for host in hosts]:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        cert = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        issued = Issued(*(self.folder / f"{name}.{ending}" for ending in ("crt", "key", "pem")))
        issued.cert.write_bytes(cert)
        write_private(issued.key, _pem(key))
        write_private(issued.pair, _pem(key) + cert)
        return issued

    def _create(self, key_file: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject("IOC monitor authority")
        until = datetime.now(UTC) + timedelta(days=_AUTHORITY_DAYS)
        builder = _builder("IOC monitor authority", subject, key, until)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_signs_certificates(), critical=True)
        cert = builder.sign(key, hashes.SHA256())
        write_private(key_file, _pem(key))
        self.cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime) -> x509.CertificateBuilder:
    # A certificate of the past, as tests need them, begins the day before it ended.
    start = min(datetime.now(UTC) - _CLOCKS_DIFFER, until - timedelta(days=1))
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    """The name by which a certificate holds for a host. Raises CertificateError."""
    try:
        return x509.IPAddress(ip_address(host.strip("[]")))
    except ValueError:
        pass
    try:
        # As browsers ask for máy-chủ.vn: by its letters of ASCII.
        name = ".".join(part.encode("idna").decode() for part in host.removeprefix("*.").split("."))
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise CertificateError(
            f"{host!r} is no host: write its name or address alone, as in ioc.example.vn or 10.0.0.1"
        )
    return x509.DNSName(f"*.{name}" if host.startswith("*.") else name)


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
