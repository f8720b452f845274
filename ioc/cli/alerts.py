"""``ioc alerts``: what is open, why, who takes it, and the shift report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from ioc.cli.terminal import console
from streams.settings.settings import Settings, load_settings

if TYPE_CHECKING:
    from streams.relay.client import RelayClient

app = typer.Typer(help="Open alerts: list them, ask why, take them, silence them, report the shift.")

Key = Annotated[str, typer.Argument(help="The alert's key, as `ioc alerts list` shows it; its beginning will do.")]


@app.command("list")
def list_alerts() -> None:
    """Who is on duty, and the open alerts, the newest first, each with how many steps of its runbook are done."""
    with _relay(load_settings()) as relay:
        alerts, duty = relay.alerts(), relay.duty()
    for line in duty:
        console.print(line["vi"])
    heads = ("Trạng thái", "Phân hệ", "Cảnh báo", "Giá trị", "Ngưỡng", "Từ", "Người nhận", "Các bước")
    table = Table(Column("Key", no_wrap=True), *heads)
    for alert in alerts:
        told, taken = alert["vi"], alert["taken"]
        who = taken["who"] if taken else ("chưa ai nhận" if alert["page"] else "-")
        facts = (told["status"], told["subsystem"], told["title"], told["value"], told["limit"], told["since"])
        cells = (*facts, who, alert["steps"]["vi"])
        table.add_row(alert["key"], *(cell or "-" for cell in cells))
    console.print(table)


@app.command()
def why(
    key: Key,
    prometheus: Annotated[str | None, typer.Option(help="Prometheus' address. (setting IOC_PROMETHEUS_URL)")] = None,
) -> None:
    """The rule behind an alert, its inputs now, and their last hour."""
    from ioc.cli.alert_reasons import reasons
    from ioc.cli.installation import catalogue_of, prometheus_of

    settings = load_settings() if prometheus is None else load_settings(prometheus_url=prometheus)
    with _relay(settings) as relay, prometheus_of(settings) as client:
        for part in reasons(relay.alert(key), catalogue_of(settings), client):
            console.print(part)


@app.command()
def ack(key: Key, note: Annotated[str, typer.Option(help="What you do about it.")] = "") -> None:
    """Take an alert: it is not told again, and its page shows who has it."""
    with _relay(load_settings()) as relay:
        alert = relay.acknowledge(relay.alert(key)["key"], note)
    console.print(f"{alert['vi']['title']}: {alert['taken']['who']}")


@app.command()
def silence(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why; it stands in the shift report.")],
    until: Annotated[str, typer.Option(help="The end, local: 2025-07-24T07:30.")],
) -> None:
    """Silence one alert in Alertmanager until a time."""
    with _relay(load_settings()) as relay:
        alert = relay.silence(relay.alert(key)["key"], reason, until)
    console.print(f"{alert['vi']['title']}: tắt báo đến {until}")


@app.command()
def report(
    start: Annotated[str | None, typer.Option("--from", help="Begin of the shift, local; 12 hours by default.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the shift, local; now by default.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file; HTML where it ends in .html.")] = None,
) -> None:
    """The shift report: what fired, how long, who took it, what is open, which silences end."""
    form = "html" if output and output.suffix == ".html" else "md"
    with _relay(load_settings()) as relay:
        text = relay.report(start, end, form)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text, encoding="utf-8")


def _relay(settings: Settings) -> "RelayClient":
    from streams.relay.client import RelayClient

    return RelayClient(str(settings.relay.url), settings.relay.account_token, settings.ca_file)
