"""TLS contexts from PEM files, of our web servers and towards Kafka; faults of a file are told with its setting."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509


class TlsError(ValueError):
    """A certificate or key that cannot be used; the message names the setting, the file and what to do."""


def server_context(prefix: str, cert_file: Path, key_file: Path) -> ssl.SSLContext:
    """The context of a web server. ``prefix`` is how the settings of both files begin, like ``IOC_EXPORTER_``.

    Raises TlsError.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _load_pair(context, prefix, cert_file, key_file)
    return context


def client_context(prefix: str, ca_file: Path | None, cert_file: Path | None, key_file: Path | None) -> ssl.SSLContext:
    """The context towards servers that ``ca_file`` vouches for; None: that the system does. Raises TlsError."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise TlsError(f"{prefix}CA_FILE: {ca_file} holds no certificate in PEM: {_reason(error)}") from None
    if cert_file is not None and key_file is not None:
        _load_pair(context, prefix, cert_file, key_file)
    return context


def _load_pair(context: ssl.SSLContext, prefix: str, cert_file: Path, key_file: Path) -> None:
    try:
        # Asked for a passphrase, a process without a terminal would hang.
        context.load_cert_chain(cert_file, key_file, password=lambda: b"")
    except (ssl.SSLError, OSError) as error:
        raise TlsError(
            f"{prefix}CERT_FILE, {prefix}KEY_FILE: {cert_file} and {key_file} are not a certificate and its key in PEM "
            f"without a passphrase, readable for this user: {_reason(error)}"
        ) from None
    _refuse_expired(prefix, cert_file)


def _refuse_expired(prefix: str, cert_file: Path) -> None:
    # The other side's refusal would be a closed connection without a reason.
    own = x509.load_pem_x509_certificate(cert_file.read_bytes())
    now = datetime.now(UTC)
    if now > own.not_valid_after_utc:
        what = f"expired on {own.not_valid_after_utc:%Y-%m-%d %H:%M} UTC: put a renewed one there"
    elif now < own.not_valid_before_utc:
        what = f"is valid only from {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC: set this machine's clock"
    else:
        return
    raise TlsError(f"{prefix}CERT_FILE: the certificate {cert_file} {what}")


def _reason(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error.strerror or error)
