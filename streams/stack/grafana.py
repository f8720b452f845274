"""Grafana as a child process, where a `grafana` program is on PATH."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from streams.stack.cache import SetupError
from streams.stack.children import Children
from streams.stack.ports import free_port
from streams.stack.service import Service, serve


def find_grafana() -> Path | None:
    """Return the `grafana` program on PATH, or None: no package registry has one."""
    found = shutil.which("grafana")
    return Path(found) if found else None


LOCAL_OPTIONS = {
    "GF_SECURITY_CONTENT_SECURITY_POLICY": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_USERS_ALLOW_SIGN_UP": "false",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
}
"""What keeps it to itself, wherever it runs."""


def start_grafana(
    children: Children,
    folder: Path,
    program: Path,
    provisioning: Path,
    *,
    env: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Service:
    """Start Grafana on 127.0.0.1, provisioned from files, and return when its database answers.

    folder: its data, and `admin-password`, a file only its owner can read; the user is `admin`.
    provisioning: the folder with `datasources`, `dashboards` and so on; `env` fills the variables its files name, and
        sets any other option of Grafana's as `GF_<section>_<key>`.

    Raises SetupError if Grafana's own files are not found, ChildFailed if it does not start.
    """
    number = port or free_port()
    settings = {
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(number),
        "GF_PATHS_DATA": str(folder / "data"),
        "GF_PATHS_LOGS": str(children.logs),
        "GF_PATHS_PLUGINS": str(folder / "plugins"),
        "GF_PATHS_PROVISIONING": str(provisioning),
        "GF_LOG_MODE": "console",
        "GF_SECURITY_ADMIN_USER": "admin",
        # Grafana reads the file itself, so that the password stands in no environment and no log.
        "GF_SECURITY_ADMIN_PASSWORD": f"$__file{{{admin_password_file(folder)}}}",
        **LOCAL_OPTIONS,
    }
    command = [str(program), "server", "--homepath", str(_home(program))]
    return serve(
        children,
        "grafana",
        command,
        url=f"http://127.0.0.1:{number}",
        ready="/api/health",
        env={**settings, **(env or {})},
    )


def admin_password_file(folder: Path) -> Path:
    """Return the file with the administrator's password, made at random on the first call (mode 600)."""
    path = folder / "admin-password"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path


def _home(program: Path) -> Path:
    """The folder of Grafana's defaults and pages: around the program (archive) or where packages put it."""
    for home in (program.resolve().parent.parent, Path("/usr/share/grafana")):
        if (home / "conf" / "defaults.ini").exists():
            return home
    raise SetupError(f"{program} has no conf/defaults.ini beside it: put the bin folder of a whole Grafana on PATH.")
