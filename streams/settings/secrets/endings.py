"""When certificates end, read from their files."""

from pathlib import Path

from cryptography import x509

UNREADABLE = 0.0
"""What cannot be read counts as ended long ago."""


def ends_at(file: Path) -> float:
    """When the first certificate of a chain to end ends, in seconds since the epoch."""
    try:
        chain = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return UNREADABLE
    return min(each.not_valid_after_utc.timestamp() for each in chain)
