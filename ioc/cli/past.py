"""``ioc backfill`` and ``ioc months``: the past of figures, put on Prometheus' time axis and read from there."""

from pathlib import Path
from typing import Annotated

import typer

from ioc.cli.options import PANELS, Prefix, PrometheusUrl, Subsystems, settings_with
from ioc.cli.terminal import console

app = typer.Typer()
_, DATA, LOOK = PANELS


@app.command(rich_help_panel=DATA)
def backfill(
    blocks: Annotated[Path, typer.Option(help="Folder for the blocks: Prometheus' data folder, or one to move there.")],
    subsystems: Annotated[list[str] | None, typer.Argument(help="Subsystems; all by default.")] = None,
    step: Annotated[str, typer.Option(help="Time between two values: 1h or 1d.")] = "1h",
    breakdowns: Annotated[
        bool, typer.Option("--breakdowns", help="Every unit and label, not only the wholes.")
    ] = False,
    prefix: Prefix = None,
) -> None:
    """Put the past of the figures where it belongs on Prometheus' time axis, from the events still kept."""
    from ioc.cli.backfill import backfill as run
    from ioc.time.windows import DAY, HOUR

    if step not in ("1h", "1d"):
        raise typer.BadParameter(f"{step!r}: write 1h or 1d", param_hint="--step")
    size = {"1h": HOUR, "1d": DAY}[step]
    run(settings_with(topic_prefix=prefix), subsystems or [], blocks, console, step=size, breakdowns=breakdowns)


@app.command(rich_help_panel=LOOK)
def months(
    which: Annotated[
        str | None, typer.Argument(help="A subsystem, or SUBSYSTEM.KPI; all by default.", metavar="KPI")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    prometheus: PrometheusUrl = None,
    subsystems: Subsystems = None,
) -> None:
    """Every KPI by calendar month over the whole past, once `ioc backfill` or `ioc demo --data` has put it there."""
    from ioc.cli.installation import catalogue_of, prometheus_of
    from ioc.cli.months import months as run

    settings = settings_with(prometheus_url=prometheus, subsystems=subsystems)
    with prometheus_of(settings, timeout=60) as client:
        run(client, catalogue_of(settings), which, console, json=json)
