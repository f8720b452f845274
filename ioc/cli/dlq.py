"""``ioc dlq``: the dead letters, and sending them again."""

import asyncio
import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ioc.cli.terminal import console
from ioc.events.dead_letter import DeadLetter
from ioc.events.redaction import Redaction
from ioc.text.formats import iso_time
from ioc.time.durations import parse_duration
from ioc.time.instants import EpochMs, float_from_ms, ms_from_datetime, ms_from_float

if TYPE_CHECKING:
    from streams.kafka.dead_letters import Selection
    from streams.settings.settings import Settings

app = typer.Typer(help="Events that were rejected: list, show, send again.", no_args_is_help=True)

Prefix = Annotated[str | None, typer.Option(help="Topic prefix. (setting IOC_TOPIC_PREFIX)")]
Subsystem = Annotated[str | None, typer.Option(help="Only this subsystem's.")]
Reason = Annotated[str | None, typer.Option(help="Only those rejected for this reason.")]
Since = Annotated[str | None, typer.Option(help="Appended since: 2025-11-01T00:00:00+07:00, or 24h for that long ago.")]
Until = Annotated[str | None, typer.Option(help="Appended before; written like --since.")]


@app.command("list")
def list_(
    *,
    subsystem: Subsystem = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=0, help="Show the newest so many; the counts are always of all.")] = 50,
    prefix: Prefix = None,
) -> None:
    """Count the dead letters by subsystem and reason, and list the newest."""
    letters = _read(prefix, _selection(subsystem, reason, since, until))
    counts = Table("subsystem", "reason", "dead letters")
    for (slug, why), count in sorted(Counter((letter.subsystem, letter.reason) for letter in letters).items()):
        counts.add_row(slug, why, f"{count:,}")
    newest = Table("event", "appended", "reason", "field", "detail")
    for letter in sorted(letters, key=lambda letter: letter.appended)[-limit:] if limit else ():
        newest.add_row(
            _name(letter), iso_time(float_from_ms(letter.appended)), letter.reason, letter.field, letter.detail
        )
    console.print(counts)
    console.print(newest)


@app.command()
def show(
    place: Annotated[str, typer.Argument(help="<subsystem>/<partition>/<offset>, as `ioc dlq list` names it.")],
    prefix: Prefix = None,
) -> None:
    """Show all that may be kept of one event, its value last."""
    from ioc.cli.installation import catalogue_of
    from streams.kafka.dead_letters import Selection

    letters = _read(prefix, Selection(place=place))
    if not letters:
        raise typer.BadParameter(f"there is no dead letter {place}; `ioc dlq list` names them")
    letter = letters[-1]
    # Former programs kept everything.
    redaction = Redaction(catalogue_of(_settings(prefix)).subsystems.get(letter.subsystem))
    kept = redaction.of(letter.key, letter.value, letter.headers)
    about = Table(show_header=False, box=None)
    for name, value in (
        ("event", f"{letter.topic}/{letter.partition}/{letter.offset}"),
        ("first rejected at", "{}/{}/{}".format(*letter.first)),
        ("appended", iso_time(float_from_ms(letter.appended))),
        ("reason", letter.reason),
        ("field", letter.field),
        ("detail", letter.detail),
        ("key", _text(kept.key)),
        ("bytes", f"{letter.size}"),
        *((f"header {name}", _text(value)) for name, value in kept.headers),
    ):
        about.add_row(name, value)
    console.print(about)
    console.print(_text(kept.value))
    if letter.redacted or not kept.whole:
        console.print("something is taken out here: what is personal, or declared nowhere", style="yellow")


@app.command()
def redrive(
    *,
    subsystem: Subsystem = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    place: Annotated[str | None, typer.Option(help="Only this one: <subsystem>/<partition>/<offset>.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All there are; without it something must be selected.")] = False,
    prefix: Prefix = None,
) -> None:
    """Send rejected events again. One that passes now counts once, however often it is sent."""
    from ioc.cli.installation import catalogue_of
    from streams.kafka.dead_letters import Selection, place_of
    from streams.kafka.dead_letters import redrive as run

    selection = _selection(subsystem, reason, since, until, place)
    if selection == Selection() and not every:
        raise typer.BadParameter("select by subsystem, reason, time or place, or say --all")
    settings = _settings(prefix)
    _tell(settings, selection)
    outcome = asyncio.run(run(settings, catalogue_of(settings), selection))
    for letter in outcome.lost:
        console.print(f"{place_of(letter)}: not kept whole, and no longer in {letter.topic}", style="red")
    console.print(f"{outcome.sent} events sent again, {len(outcome.lost)} lost")
    raise typer.Exit(1 if outcome.lost else 0)


def _tell(settings: "Settings", selection: "Selection") -> None:
    """Put into the relay's trail who sends what again, before it is sent.

    Where Kafka asks nobody who they are, as on one machine, nobody need say it here.
    """
    from dataclasses import asdict

    from streams.relay.client import RelayClient

    token = settings.relay.account_token
    if token is None and not settings.security_protocol.encrypted:
        return
    chosen = {name: str(value) for name, value in asdict(selection).items() if value is not None}
    with RelayClient(str(settings.relay.url), token, settings.ca_file) as relay:
        relay.tell_redrive({"prefix": settings.topic_prefix, **chosen})


def _read(prefix: str | None, selection: "Selection") -> list[DeadLetter]:
    from streams.kafka.dead_letters import read_dead_letters

    settings = _settings(prefix)

    async def read() -> list[DeadLetter]:
        return [letter async for letter in read_dead_letters(settings, selection)]

    return asyncio.run(read())


def _settings(prefix: str | None) -> "Settings":
    from streams.kafka.promotion import live_settings
    from streams.settings.settings import load_settings

    return live_settings(load_settings(None, **({} if prefix is None else {"topic_prefix": prefix})))


def _selection(
    subsystem: str | None, reason: str | None, since: str | None, until: str | None, place: str | None = None
) -> "Selection":
    from streams.kafka.dead_letters import Selection

    return Selection(subsystem, reason, _instant(since), _instant(until), place)


def _instant(text: str | None) -> EpochMs | None:
    """A moment, from RFC 3339 with a zone, or from how long ago it was."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return ms_from_float(time.time() - parse_duration(text).seconds)
        except ValueError as error:
            raise typer.BadParameter(f"{text!r} is neither a time like 2025-11-01T00:00:00+07:00 nor 24h") from error
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no zone: write {text}+07:00")
    return ms_from_datetime(moment)


def _name(letter: DeadLetter) -> str:
    from streams.kafka.dead_letters import place_of

    return place_of(letter)


def _text(value: bytes | None) -> str:
    return "none" if value is None else value.decode(errors="backslashreplace")
