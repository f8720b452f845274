"""``ioc screenshots``: a picture of every dashboard as a browser of 1920 x 1080 shows it.

``GRAFANA_HOME`` is Grafana's own folder, with ``bin/grafana``; ``GRAFANA_VIEW`` is a command that shows dashboards from
files without a server. Without either there is nothing to take a picture of.
"""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from dashboards.grafana import render_dashboards
from dashboards.grafana.panel import DATASOURCE_UID
from dashboards.grafana.provisioning import SCRAPE_INTERVAL, environment
from ioc.catalogue.model import Catalogue
from streams.stack import Stack
from streams.stack.cache import SetupError
from streams.stack.grafana import start_grafana

WIDTH, HEIGHT = 1920, 1080
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_DRAWN_AFTER = 30_000
"""Milliseconds of the browser's own time in which a dashboard has loaded and drawn its panels."""


def screenshots(
    catalogue: Catalogue, prometheus: str, out: Path, console: Console, *, variables: Mapping[str, str] = os.environ
) -> int:
    """Write a PNG for each dashboard; returns the exit code. Raises SetupError where a program is missing."""
    home, viewer = variables.get("GRAFANA_HOME"), variables.get("GRAFANA_VIEW")
    if not home and not viewer:
        console.print(
            "skipped: neither GRAFANA_HOME (with bin/grafana) nor GRAFANA_VIEW (a command) is set", style="bold yellow"
        )
        return 0
    with tempfile.TemporaryDirectory(prefix="ioc-screenshots-") as name:
        folder = Path(name)
        for path, text in render_dashboards(catalogue).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(_standing_still(text) if path.endswith(".json") else text, encoding="utf-8")
        out.mkdir(parents=True, exist_ok=True)
        if home:
            return _from_grafana(Path(home), folder, prometheus, out, console)
        command = viewer_command(str(viewer), folder / "dashboards", prometheus, out)
        return subprocess.run(command, check=False).returncode


def _standing_still(dashboard: str) -> str:
    """Without its refreshes, which on a slow machine come before the panels of a long page are drawn."""
    return json.dumps(json.loads(dashboard) | {"refresh": ""}, ensure_ascii=False)


def viewer_command(viewer: str, dashboards: Path, prometheus: str, out: Path) -> list[str]:
    """The viewer with what every run has; its own options, such as the frontend it serves, stand before."""
    options = {
        "--dashboards": str(dashboards),
        "--prometheus": prometheus,
        "--datasource-uid": DATASOURCE_UID,
        "--scrape-interval": SCRAPE_INTERVAL,
        "--out": str(out),
        "--size": f"{WIDTH}x{HEIGHT}",
    }
    return [*shlex.split(viewer), *(part for option in options.items() for part in option), "--kiosk"]


def browser_command(browser: str, address: str, picture: Path, profile: Path) -> list[str]:
    """A headless Chromium that writes one picture and asks nobody but the dashboard's server."""
    return [
        browser,
        "--headless=new",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=vi-VN",
        f"--user-data-dir={profile}",
        f"--window-size={WIDTH},{HEIGHT}",
        f"--virtual-time-budget={_DRAWN_AFTER}",
        f"--screenshot={picture}",
        address,
    ]


def _from_grafana(home: Path, folder: Path, prometheus: str, out: Path, console: Console) -> int:
    program = home / "bin" / "grafana"
    if not program.exists():
        raise SetupError(f"{program} does not exist: GRAFANA_HOME is the folder with Grafana's bin, conf and public")
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise SetupError("there is no Chromium: apt-get install chromium")
    # Nobody signs in: whoever reaches this address of this machine may look.
    anyone = {"GF_AUTH_ANONYMOUS_ENABLED": "true", "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer"}
    failed = 0
    with Stack(folder / "stack", lambda progress: None) as stack:
        variables = environment(folder / "dashboards", prometheus) | anyone
        service = start_grafana(stack.children, folder / "grafana", program, folder / "provisioning", env=variables)
        for path in sorted((folder / "dashboards").rglob("*.json")):
            language, name = path.parent.name, path.stem.replace("_", "-")
            picture = out / f"ioc-{language}-{name}.png"
            address = f"{service.url}/d/{picture.stem}?kiosk"
            taken = subprocess.run(
                browser_command(browser, address, picture, folder / "profile"), capture_output=True, check=False
            )
            failed += taken.returncode != 0 or not picture.exists()
            if picture.exists():
                console.print(str(picture))
            else:
                console.print(f"{picture.stem}: no picture", style="bold red")
    return 1 if failed else 0
