"""``ioc grafana``: whether every panel has data, and marks on the time axis."""

import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from ioc.cli.terminal import console
from ioc.time.windows import UTC_OFFSET
from streams.settings.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from dashboards.grafana_api import Grafana, Verified

app = typer.Typer(help="See whether every panel has data; mark a moment on the dashboards.", no_args_is_help=True)
_LOCAL = timezone(timedelta(seconds=UTC_OFFSET))


@app.command()
def verify() -> None:
    """Run every query of every panel through Grafana's data source; exit 1 where one fails or has no data.

    Empty and no fault is what may be, and a window such as today or this month in which nothing has happened yet, while
    its query did return data within the last week.
    """
    raise typer.Exit(verify_all(grafana_of(load_settings()), console, time.time()))


@app.command()
def annotate(
    text: Annotated[str, typer.Argument(help="What happened.")],
    at: Annotated[str | None, typer.Option(help="When, in ISO 8601, local where it names no zone; now.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Tags beside `ioc`; may be repeated.")] = None,
    dashboard: Annotated[
        list[str] | None, typer.Option(help="Uid of a dashboard to mark; may be repeated. None marks for all.")
    ] = None,
) -> None:
    """Mark a moment: a new version, a storm, the begin of a replay."""
    moment = time.time() if at is None else _moment(at)
    grafana_of(load_settings()).annotate(text, moment, tag or [], dashboard or [])
    console.print(f"marked: {text}")


def grafana_of(settings: Settings) -> "Grafana":
    """The Grafana of an installation. Raises SettingsError, SecretError."""
    from dashboards.grafana_api import Grafana

    url, login = settings.grafana.url, settings.grafana.login
    if url is None:
        raise SettingsError("IOC_GRAFANA_URL is not set: where is Grafana?")
    if login is None:
        raise SettingsError(
            "neither IOC_GRAFANA_TOKEN_FILE nor IOC_GRAFANA_PASSWORD_FILE is set: name a file with the token of a "
            "service account, or with the password of IOC_GRAFANA_USER"
        )
    return Grafana(str(url), login)


def verify_all(grafana: "Grafana", console: Console, now: float) -> int:
    """Print a line for each panel at ``now``, s since the epoch; returns the exit code. Raises GrafanaError."""
    panels = faulty = 0
    for panel in grafana.panels():
        panels += 1
        verified = grafana.verify(panel, now)
        faulty += bool(verified.faults)
        notes = _notes(verified)
        mark = ("✗", "red") if verified.faults else ("-", "yellow") if notes else ("✓", "green")
        console.print(Text.assemble(mark, f" {panel.dashboard}: {panel.title}{notes}"))
        for fault in verified.faults:
            console.print(f"    {fault}", style="red")
    if not panels:
        console.print("There are no dashboards with the tag `ioc`: are they provisioned?", style="red")
        return 1
    console.print(f"{panels} panels, {faulty} without data")
    return 1 if faulty else 0


def _notes(verified: "Verified") -> str:
    """What is empty and no fault."""
    notes = [f"{verified.empty} empty, as declared"] if verified.empty else []
    if verified.last_seen:
        since = datetime.fromtimestamp(max(verified.last_seen), _LOCAL)
        notes.append(f"{len(verified.last_seen)} empty since {since:%d/%m %H:%M}: nothing in this window yet")
    return f" ({'; '.join(notes)})" if notes else ""


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write it as in 2025-07-24T04:00", param_hint="--at") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).timestamp()
