"""``ioc render`` and ``ioc nation``: write what is derived from the catalogue."""

from pathlib import Path
from typing import Annotated

import typer

from ioc.cli.options import PANELS, Subsystems, settings_with
from ioc.cli.terminal import console

app = typer.Typer()
*_, LOOK = PANELS
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a file differs.")]


@app.command(rich_help_panel=LOOK)
def render(
    check: Check = False,
    root: Annotated[Path, typer.Option(help="Write below this folder; runbooks' hand-written cores stay.")] = Path(),
    subsystems: Subsystems = None,
) -> None:
    """Write again what is derived from the catalogue: rules, dashboards, schemas, runbooks, reference."""
    from ioc.cli.render import render as run

    raise typer.Exit(run(settings_with(subsystems=subsystems), root, console, check=check))


@app.command(rich_help_panel=LOOK)
def nation(
    file: Annotated[Path, typer.Argument(help="YAML file of the nation's provinces, see docs/howto/nation.md.")],
    out: Annotated[Path, typer.Option(help="Write below this folder; nothing in it is removed.")] = Path("nation"),
    check: Check = False,
    subsystems: Subsystems = None,
) -> None:
    """Check the file of a nation's provinces; write what its Prometheus, Alertmanager and Grafana load."""
    from ioc.cli.render import render_nation as run

    raise typer.Exit(run(settings_with(subsystems=subsystems), file, out, console, check=check))
