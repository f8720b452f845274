"""The folder of an installation's secrets, as docker compose mounts them: what is missing is made, the rest is kept."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import bcrypt

from streams.settings.secrets.certificates import Authority
from streams.settings.secrets.first_line import first_line
from streams.settings.secrets.private_files import write_private

BROKER = "kafka"
"""Name of the broker's certificate and Kafka user, which alone needs no grant."""

SITE_NAMES = ("ioc", "relay", "gateway")
"""The hosts of the site, below its domain."""
SITE = "site"
"""Name of the reverse proxy's certificate, until the province's own takes its place."""

TOKENS = (
    "exporter_token",
    "worker_token",
    "relay_machines_token",
    "wall_token",
    "gateway_metrics_token",
    "grafana_admin_password",
    "hash_key",
)
"""Files of one line that nobody needs to choose."""

LOGINS = {"prometheus": ("grafana", "prometheus", "relay", "wall"), "alertmanager": ("prometheus", "relay")}
"""Who logs in at which server, each with the password in the file ``<server>_<client>``; others may have one, too."""


def fill(folder: Path, users: Iterable[str], hosts: Iterable[str], until: datetime) -> list[Path]:
    """Make what is missing or empty: certificates of the broker for ``hosts`` and of the site, the passwords of Kafka
    ``users`` and of ``LOGINS`` with the hashes that those servers read, tokens.

    Returns the files made. The folder is closed to others; the files in it are not, as each is mounted into one
    container whose user is another. Raises CertificateError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made: list[Path] = []
    certificates, hosts = folder / "certificates", list(hosts)
    if not (certificates / f"{BROKER}.pem").exists():
        issued = Authority(certificates).issue(BROKER, hosts, until=until)
        made += [issued.cert, issued.key, issued.pair]
    if _missing(folder / f"{SITE}.crt") or _missing(folder / f"{SITE}.key"):
        issued = Authority(certificates).issue(SITE, [f"{name}.localhost" for name in SITE_NAMES], until=until)
        for ending, source in (("crt", issued.cert), ("key", issued.key)):
            write_private(folder / f"{SITE}.{ending}", source.read_bytes())
            made.append(folder / f"{SITE}.{ending}")
    logins = [folder / f"{server}_{client}" for server, clients in LOGINS.items() for client in clients]
    tokens = [folder / token for token in TOKENS]
    for file in [*tokens, *logins, *(folder / "users" / user for user in users)]:
        if _missing(file):
            file.parent.mkdir(exist_ok=True)
            write_private(file, f"{secrets.token_urlsafe(32)}\n".encode())
            made.append(file)
    for server, clients in LOGINS.items():
        made += _web_config(folder, server, [*clients, *_others(folder, server, clients)])
    for file in made:
        file.chmod(0o644)
    return made


def _missing(file: Path) -> bool:
    """Whether a file is not there, or holds nothing: an empty secret is none."""
    return not file.exists() or not file.read_bytes().strip()


def _others(folder: Path, server: str, ours: Iterable[str]) -> list[str]:
    """Clients for whom somebody put a password there, such as the nation that reads a province."""
    found = {file.name.removeprefix(f"{server}_") for file in folder.glob(f"{server}_*") if not _missing(file)}
    return sorted(found - {*ours, "web"})


def _web_config(folder: Path, server: str, clients: Iterable[str]) -> list[Path]:
    """Write the users of a server of Prometheus' kind with the hashes of their passwords, unless it has them already.

    See https://prometheus.io/docs/prometheus/latest/configuration/https/.
    """
    file = folder / f"{server}_web"
    passwords = {client: first_line(folder / f"{server}_{client}").get_secret_value() for client in clients}
    users = _users(file)
    if users.keys() == passwords.keys() and all(_is_of(users[name], word) for name, word in passwords.items()):
        return []
    hashed = {name: bcrypt.hashpw(word.encode(), bcrypt.gensalt(10)).decode() for name, word in passwords.items()}
    lines = "".join(f"  {name}: '{text}'\n" for name, text in hashed.items())
    write_private(file, f"basic_auth_users:\n{lines}".encode())
    return [file]


def _users(file: Path) -> dict[str, str]:
    if _missing(file):
        return {}
    pairs = (line.strip().split(": ", 1) for line in file.read_text().splitlines()[1:])
    return {pair[0]: pair[-1].strip("'") for pair in pairs}


def _is_of(hashed: str, password: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode(), hashed.encode())
    except ValueError:
        return False
