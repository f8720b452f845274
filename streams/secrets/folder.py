"""The folder of an installation's secrets, as docker compose mounts them: what is missing is made, the rest is kept."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from streams.secrets.certificates import Authority
from streams.secrets.private_files import write_private

BROKER = "kafka"
"""Name of the broker's certificate and Kafka user, which alone needs no grant."""

TOKENS = (
    "exporter_token",
    "worker_token",
    "relay_token",
    "cases_token",
    "wall_token",
    "gateway_metrics_token",
    "grafana_admin_password",
    "hash_key",
)
"""Files of one line that nobody needs to choose."""


def fill(folder: Path, users: Iterable[str], hosts: Iterable[str], until: datetime) -> list[Path]:
    """Make what is missing: the broker's certificate for ``hosts``, the passwords of Kafka ``users``, tokens.

    Returns the files made. The folder is closed to others; the files in it are not, as each is mounted into one
    container whose user is another. Raises CertificateError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made: list[Path] = []
    certificates = folder / "certificates"
    if not (certificates / f"{BROKER}.pem").exists():
        issued = Authority(certificates).issue(BROKER, hosts, until=until)
        made += [issued.cert, issued.key, issued.pair]
    for file in [*(folder / token for token in TOKENS), *(folder / "users" / user for user in users)]:
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            write_private(file, f"{secrets.token_urlsafe(32)}\n".encode())
            made.append(file)
    for file in made:
        file.chmod(0o644)
    return made
