"""Options that several commands have, and the settings with what they say."""

from pathlib import Path
from typing import Annotated

import typer

from ioc.time.durations import Duration, parse_elapsed
from streams.settings.settings import Settings, load_settings
from streams.settings.types import LogFormat

PANELS = "Run", "Events", "Look and check"
"""Headings of the list of commands."""


def settings_with(**overrides: object) -> Settings:
    """The settings, with what the command line says about them."""
    return load_settings(None, **{name: value for name, value in overrides.items() if value is not None})


def elapsed(text: str) -> Duration:
    """A duration that passes on every clock, at least 1s. Raises typer.BadParameter."""
    try:
        duration = parse_elapsed(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if duration.seconds == 0:
        raise typer.BadParameter(f"{duration} is no time at all; write 1s or more")
    return duration


Prefix = Annotated[
    str | None, typer.Option(help="Topic prefix; a replay or history has its own. (setting IOC_TOPIC_PREFIX)")
]

Units = Annotated[Path | None, typer.Option(help="File of units that stand for the province's. (setting IOC_UNITS)")]

Subsystems = Annotated[
    Path | None,
    typer.Option(help="Folder of your own subsystem files, beside the packaged ones. (setting IOC_SUBSYSTEMS)"),
]

SenderName = Annotated[str, typer.Argument(help="Name of who sends, such as dvc_portal.")]
FeedName = Annotated[str, typer.Argument(help="The feed, as subsystem.feed: cybersecurity.siem.")]
FeedNames = Annotated[
    list[str], typer.Option("--feed", help="Which feed it is, as subsystem.feed; can be given more than once.")
]
Every = Annotated[
    Duration | None,
    typer.Option(parser=elapsed, metavar="DURATION", help="Go on, one heartbeat every so long, such as 60s."),
]

PrometheusUrl = Annotated[str | None, typer.Option(help="Prometheus' address. (setting IOC_PROMETHEUS_URL)")]

NewPrefix = Annotated[str, typer.Option("--prefix", help="Prefix of the replay: one that nothing else has.")]
EnvFile = Annotated[
    Path | None,
    typer.Option(help="File of IOC_... settings, one NAME=value a line.", exists=True, dir_okay=False),
]
LogFormats = Annotated[
    LogFormat | None, typer.Option(help="How long-running processes write their log. (setting IOC_LOG_FORMAT)")
]
Caught = Annotated[str, typer.Option("--prefix", help="Prefix of the replay.")]
Live = Annotated[str | None, typer.Option("--from", help="The live prefix. (setting IOC_TOPIC_PREFIX)")]
ApplyGrants = Annotated[bool, typer.Option("--apply", help="Grant what is missing, take back what is too much.")]
Passwords = Annotated[
    Path | None,
    typer.Option(help="Folder of one file per Kafka user: set these passwords, make those that are missing."),
]
Panes = Annotated[
    bool,
    typer.Option("--panes", help="Everything kept by period (5 minutes, hours, days, in all), not the KPIs' values."),
]
ApplyTopics = Annotated[bool, typer.Option("--apply", help="Set what is not configured as planned.")]
OpenCases = Annotated[
    bool, typer.Option("--cases", help="Tell which cases are open for longer than their events are kept, or nearly.")
]
AcceptLoss = Annotated[
    bool, typer.Option("--accept-loss", help="Promote it though its figures lack what those that are live have.")
]
From = Annotated[
    str | None, typer.Option("--from", help="Prefix whose events are replayed. (setting IOC_TOPIC_PREFIX)")
]

Replayed = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        help="Replay this subsystem alone, and take the others over as they are live; may be repeated. Give every "
        "worker of the replay the same.",
    ),
]
OnlySubsystems = Annotated[
    list[str] | None, typer.Option(help="Only events of this subsystem, such as environment; may be repeated.")
]
Incidents = Annotated[
    list[str] | None,
    typer.Option(
        help="With live, what goes wrong: flood, feed-dies, overdue-storm, camera-outage or attack; may be repeated."
    ),
]
IncidentsBegin = Annotated[
    str | None,
    typer.Option(
        "--at", help="When incidents begin, as in 2025-11-01T08:00, local where it names no zone; at once by default."
    ),
]

HistoryFiles = Annotated[
    list[Path] | None,
    typer.Option("--data", help="A file of your own history, played in place of the four months; may be repeated."),
]
HistoryMappings = Annotated[
    list[str] | None,
    typer.Option(
        "--mapping", help="The mapping of each --data, or one for all: its YAML file, or the name of a packaged one."
    ),
]
