"""The command line ``ioc``."""

import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from dotenv import load_dotenv

from ioc.cli import options
from ioc.cli.accounts import app as accounts
from ioc.cli.alerts import app as alerts
from ioc.cli.derived import app as derived
from ioc.cli.dlq import app as dlq
from ioc.cli.grafana import app as grafana
from ioc.cli.options import Caught, From, Live, NewPrefix, Prefix, PrometheusUrl, Subsystems, Units, settings_with
from ioc.cli.past import app as past
from ioc.cli.ranking import app as ranking
from ioc.cli.report import app as report
from ioc.cli.terminal import console, errors
from ioc.cli.trail import app as trail

app = typer.Typer(
    name="ioc",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RUN, DATA, LOOK = options.PANELS


@app.callback()
def main_options(env_file: options.EnvFile = None, log_format: options.LogFormats = None) -> None:
    """The streaming monitor of a province's Intelligent Operation Center."""
    # Into the environment, so that processes started from here get them too; variables set there win over a file.
    if log_format is not None:
        os.environ["IOC_LOG_FORMAT"] = log_format
    if env_file is not None:
        load_dotenv(env_file)


@app.command(rich_help_panel=RUN)
def demo(  # noqa: PLR0917 (options of a command line)
    once: Annotated[
        bool, typer.Option(help="Stop after the scorecard; exit 1 if anything is missing or refused.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="Write every figure, as Prometheus answers it, to this file.")
    ] = None,
    scale: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the scenario's volume.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the scenario.")] = 2025,
    workers: Annotated[int, typer.Option(min=1, max=8, help="Worker processes.")] = 2,
    folder: Annotated[Path | None, typer.Option(help="Keep data and logs here; a temporary folder by default.")] = None,
    subsystems: Subsystems = None,
    units: Units = None,
    empty: Annotated[bool, typer.Option("--empty", help="Play nothing: wait for your own events, live.")] = False,
    data: options.HistoryFiles = None,
    mapping: options.HistoryMappings = None,
) -> None:
    """Start everything on this machine, play July to October 2025 or a history of your own, show it live."""
    from ioc.cli import demo as run

    settings = settings_with(subsystems=subsystems, units=units)
    if empty and (data or mapping):
        raise typer.BadParameter(
            "it plays nothing, and --data is to be played: drop one of the two", param_hint="--empty"
        )
    if data or mapping:
        from ioc.cli.history import read_history
        from ioc.cli.history_demo import HistoryDemo

        with closing(read_history(settings, data or [], mapping or [], console)) as history:
            demo: run.Demo = HistoryDemo(history, console, workers=workers, folder=folder, once=once, json=json)
            raise typer.Exit(demo.run())
    if empty:
        demo = run.EmptyDemo(settings, console, workers=workers, folder=folder)
    else:
        demo = run.ScenarioDemo(
            settings, console, workers=workers, folder=folder, scale=scale, seed=seed, once=once, json=json
        )
    raise typer.Exit(demo.run())


@app.command(rich_help_panel=RUN)
def worker(prefix: Prefix = None, units: Units = None) -> None:
    """Consume events, keep the figures, checkpoint them. Run as many as there are cores."""
    from ioc.cli.processes import worker as run

    run(settings_with(topic_prefix=prefix, units=units))


@app.command(rich_help_panel=RUN)
def exporter(prefix: Prefix = None, units: Units = None) -> None:
    """Merge the figures of all partitions and serve them to Prometheus. May run twice."""
    from ioc.cli.processes import exporter as run

    run(settings_with(topic_prefix=prefix, units=units))


@app.command(rich_help_panel=RUN)
def replay(prefix: NewPrefix, source: From = None, only: options.Replayed = None) -> None:
    """Build state and figures anew under another prefix, from the events still kept. Run as many as workers."""
    from ioc.cli.replay import replay as run

    live = settings_with(topic_prefix=source).topic_prefix
    run(settings_with(topic_prefix=prefix, source_prefix=live), only or [], console)


@app.command(rich_help_panel=RUN)
def promote(prefix: Caught, source: Live = None, accept_loss: options.AcceptLoss = False) -> None:
    """Make a replay that has caught up and lacks nothing the live one. Workers and exporters follow when restarted."""
    from ioc.cli.replay import promote as run

    live = settings_with(topic_prefix=source).topic_prefix
    run(settings_with(topic_prefix=prefix, source_prefix=live), console, accept_loss=accept_loss)


@app.command(rich_help_panel=RUN)
def relay() -> None:
    """Tell people of alerts, and ask again until somebody answers."""
    from ioc.cli.processes import relay as run

    run(settings_with())


@app.command(rich_help_panel=RUN)
def wall(prometheus: PrometheusUrl = None) -> None:
    """Serve the page of the wall: twelve tiles, or Grafana's dashboards in turn, and whether anything stands still."""
    from ioc.cli.wall import wall as run

    run(settings_with(prometheus_url=prometheus))


@app.command(rich_help_panel=RUN)
def gateway(prefix: Prefix = None, units: Units = None) -> None:
    """Take CloudEvents by HTTP; answer once Kafka has them. For feeds that cannot speak Kafka."""
    from ioc.cli.processes import gateway as run

    run(settings_with(topic_prefix=prefix, units=units))


@app.command("gateway-token", rich_help_panel=DATA)
def gateway_token(sender: options.SenderName, feed: options.FeedNames, source: options.SourceNames) -> None:
    """Make a sender's token for the gateway, and the lines that the file of senders needs."""
    from ioc.cli.gateway import token as run

    run(settings_with(), sender, feed, source)


@app.command(rich_help_panel=DATA)
def publish(
    file: Annotated[Path, typer.Argument(help="Structured CloudEvents, one JSON object a line; - for standard input.")],
    prefix: Prefix = None,
) -> None:
    """Send ready CloudEvents to their topics; lines at fault are refused with the reason."""
    from ioc.cli.publish import publish as run

    settings = settings_with(topic_prefix=prefix)
    if str(file) == "-":
        report = run(settings, Path("<stdin>"), sys.stdin.buffer)
    else:
        with file.open("rb") as stream:
            report = run(settings, file, stream)
    for refused in report.refused:
        errors.print(refused, style="red")
    console.print(f"{report.read} lines read, {report.sent} events sent, {len(report.refused)} refused")
    raise typer.Exit(1 if report.refused else 0)


@app.command(rich_help_panel=DATA)
def heartbeat(feed: options.FeedName, every: options.Every = None, prefix: Prefix = None) -> None:
    """Say that a feed lives of which nothing else comes just now; run it where it is known to."""
    from ioc.cli.heartbeat import heartbeat as run

    run(settings_with(topic_prefix=prefix), feed, every, console)


@app.command(rich_help_panel=DATA)
def ingest(  # noqa: PLR0917 (options of a command line)
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON Lines, Parquet, XLSX or XES, also as .gz; or - for standard input.")
    ],
    mapping: Annotated[str, typer.Option(help="The mapping's YAML file, or the name of a packaged mapping.")],
    prefix: Prefix = None,
    live: Annotated[bool, typer.Option("--live", help="Send to the live topics: today's backlog, no history.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; tell what would be sent.")] = False,
    rejects: Annotated[Path | None, typer.Option(help="Write refused rows to this file, with the reason.")] = None,
    units: Units = None,
) -> None:
    """Turn the rows of a file into events by a mapping; rows at fault are refused with the reason."""
    from ioc.cli.ingest import ingest as run

    settings = settings_with(topic_prefix=prefix, units=units)
    raise typer.Exit(run(settings, file, mapping, console, live=live, dry_run=dry_run, rejects=rejects))


@app.command(rich_help_panel=DATA)
def simulate(  # noqa: PLR0917 (options of a command line)
    scenario: Annotated[
        str, typer.Argument(help="phu-tho-2025: July to October 2025; live: what comes after.")
    ] = "phu-tho-2025",
    scale: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the scenario's volume.")] = 1.0,
    speed: Annotated[
        float | None, typer.Option(help="How many times as fast as it happened; by default as fast as possible.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 2025,
    subsystem: options.OnlySubsystems = None,
    incident: options.Incidents = None,
    at: options.IncidentsBegin = None,
    prefix: Prefix = None,
) -> None:
    """Publish simulated events, marked as such; with incidents on request."""
    from ioc.cli.simulate import Trouble
    from ioc.cli.simulate import simulate as run

    settings, trouble = settings_with(topic_prefix=prefix), Trouble(incident or [], at)
    sent = run(settings, scenario, console, trouble, scale=scale, speed=speed, seed=seed, subsystems=subsystem or [])
    console.print(f"{sent} events delivered")


@app.command(rich_help_panel=LOOK)
def topics(apply: options.ApplyTopics = False, cases: options.OpenCases = False, prefix: Prefix = None) -> None:
    """Create the topics that are missing; list all with their records; exit 1 where one is not as planned."""
    from ioc.cli import topics as run

    settings = settings_with(topic_prefix=prefix)
    raise typer.Exit(run.topics(settings, console, apply=apply) or (cases and run.open_cases(settings, console)))


@app.command(rich_help_panel=LOOK)
def acls(
    apply: options.ApplyGrants = False,
    passwords: options.Passwords = None,
    prefix: Prefix = None,
    source: From = None,
) -> None:
    """Who may do what in Kafka by the catalogue, and how the brokers differ; exit 1 if they do."""
    from ioc.cli.access import acls as run

    settings = settings_with(topic_prefix=prefix, source_prefix=source)
    raise typer.Exit(run(settings, console, apply=apply, passwords=passwords))


@app.command(rich_help_panel=LOOK)
def certificates(
    names: Annotated[list[str], typer.Argument(help="kafka for the broker; a Kafka user, like ioc-worker, for it.")],
    folder: Annotated[Path, typer.Option(help="Folder of the authority; ca.pem and ca.key are made if missing.")],
    host: Annotated[list[str] | None, typer.Option(help="Name or address that a server is reached by.")] = None,
    days: Annotated[int, typer.Option(min=1, max=825, help="Days until the certificates end.")] = 365,
) -> None:
    """Issue certificates by an authority of one's own, where the province has none."""
    from ioc.cli.access import certificates as run

    run(folder, names, host or [], days, console)


@app.command(rich_help_panel=LOOK)
def secrets(
    folder: Annotated[Path, typer.Argument(help="Folder that docker compose mounts them from.")] = Path("secrets"),
    host: Annotated[list[str] | None, typer.Option(help="Further name or address that Kafka is reached by.")] = None,
    days: Annotated[int, typer.Option(min=1, max=825, help="Days until the broker's certificate ends.")] = 365,
    prefix: Prefix = None,
) -> None:
    """Make what is missing of an installation's certificates, passwords and tokens."""
    from ioc.cli.access import secrets as run

    run(settings_with(topic_prefix=prefix), folder, ["kafka", "localhost", "127.0.0.1", *(host or [])], days, console)


for its_own in (past, trail, ranking, report, derived):
    app.add_typer(its_own, rich_help_panel=LOOK)
app.add_typer(dlq, name="dlq", rich_help_panel=DATA)
app.add_typer(alerts, name="alerts", rich_help_panel=LOOK)
app.add_typer(accounts, name="accounts", rich_help_panel=LOOK)
app.add_typer(grafana, name="grafana", rich_help_panel=LOOK)


@app.command(rich_help_panel=LOOK)
def figures(panes: options.Panes = False, prefix: Prefix = None) -> None:
    """The merged figures straight from Kafka, one JSON object a line."""
    from ioc.cli import figures as run

    settings = settings_with(topic_prefix=prefix)
    lines = run.panes(settings) if panes else run.figures(settings, time.time())
    for line in lines:
        sys.stdout.write(f"{line}\n")


@app.command(rich_help_panel=LOOK)
def cases(  # noqa: PLR0917 (options of a command line)
    kpi: Annotated[str | None, typer.Argument(help="Subsystem and KPI, as in public_services.overdue.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only of the administrative unit with this code.")] = None,
    level: Annotated[str | None, typer.Option(help="Only of this level: province or commune.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only with this label: name=value; may be repeated.")] = None,
    window: Annotated[str | None, typer.Option(help="The KPI's window; that of its limits by default.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at the most, the worst first.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the pages of cases until stopped.")] = False,
    prefix: Prefix = None,
) -> None:
    """The entities behind a KPI: which dossiers are overdue, which cameras are silent. The worst first."""
    settings = settings_with(topic_prefix=prefix)
    if serve:
        from ioc.cli.processes import cases as run

        run(settings)
        return
    from ioc.cli.cases import find_and_print

    pairs = [f"unit={unit}"] if unit else []
    pairs += [f"level={level}"] if level else []
    find_and_print(
        settings, kpi, [*pairs, *(only or [])], console, window=window, limit=limit, json=json, english=english
    )


@app.command(rich_help_panel=LOOK)
def top(
    once: Annotated[bool, typer.Option(help="Print once instead of refreshing.")] = False,
    interval: Annotated[float, typer.Option(min=1, help="Seconds between refreshes.")] = 5.0,
    prometheus: PrometheusUrl = None,
) -> None:
    """The scorecard in the terminal: twelve tiles with value, status and age."""
    from ioc.cli.installation import catalogue_of, prometheus_of
    from ioc.cli.top import top as run

    settings = settings_with(prometheus_url=prometheus)
    with prometheus_of(settings) as client:
        run(client, catalogue_of(settings), console, interval=interval, once=once)


@app.command(rich_help_panel=LOOK)
def explain(
    kpi: Annotated[str, typer.Argument(help="SUBSYSTEM.KPI, as in public_services.overdue_share, or a metric's name.")],
    prometheus: PrometheusUrl = None,
    subsystems: Subsystems = None,
) -> None:
    """What a KPI means, how it is computed, when it is yellow or red, and its figures of this moment."""
    from ioc.cli.explain import explain as run
    from ioc.cli.installation import catalogue_of, prometheus_of

    settings = settings_with(prometheus_url=prometheus, subsystems=subsystems)
    with prometheus_of(settings) as client:
        run(client, catalogue_of(settings), kpi, console)


@app.command(rich_help_panel=LOOK)
def screenshots(
    out: Annotated[Path, typer.Option(help="Folder of the pictures.")] = Path("screenshots"),
    prometheus: Annotated[str | None, typer.Option(help="Prometheus' address. (setting IOC_PROMETHEUS_URL)")] = None,
) -> None:
    """A picture of every dashboard, 1920 x 1080, from GRAFANA_HOME or a viewer in GRAFANA_VIEW."""
    from ioc.cli.installation import catalogue_of
    from ioc.cli.screenshots import screenshots as run

    settings = settings_with(prometheus_url=prometheus)
    raise typer.Exit(run(catalogue_of(settings), str(settings.prometheus_url), out, console))


@app.command(rich_help_panel=LOOK)
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Subsystem files and mappings; the whole catalogue by default.")
    ] = None,
    subsystems: Subsystems = None,
    units: Units = None,
) -> None:
    """Find every fault of the catalogue, or of mappings, with file, line, field and fix."""
    from ioc.cli.check import check as run

    raise typer.Exit(run(settings_with(subsystems=subsystems, units=units), files or []))


def main() -> None:
    """The entry point: what users got wrong is user_errors in one line, anything else as it is."""
    try:
        app()
    except Exception as error:
        from ioc.cli.errors import tell, user_errors

        if not isinstance(error, user_errors()):
            raise
        tell(error)
        sys.exit(1)
