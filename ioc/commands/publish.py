"""``ioc publish``: ready CloudEvents from a file or standard input into their topics."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from ioc.catalogue.model import TYPE_PREFIX
from ioc.commands.installation import catalogue_of
from ioc.envelope import Rejection
from ioc.plan import Plan, compile_plan
from streams.publish import Publisher
from streams.settings import Settings


@dataclass
class Report:
    """What became of the lines of a file."""

    read: int = 0
    sent: int = 0
    refused: list[str] = field(default_factory=list)


class _Address(msgspec.Struct):
    type: str
    partitionkey: str = ""


def publish(settings: Settings, file: Path, stream: BinaryIO) -> Report:
    """Send the structured CloudEvents of ``stream``, one JSON object a line; lines at fault are refused, not sent.

    Raises PublishError.
    """
    plan = compile_plan(catalogue_of(settings))
    return asyncio.run(_publish(settings, plan, _numbered(file, stream)))


def _numbered(file: Path, stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(stream, 1):
        if line.strip():
            yield f"{file}:{number}", line.strip()


async def _publish(settings: Settings, plan: Plan, lines: Iterable[tuple[str, bytes]]) -> Report:
    report = Report()
    names = settings.names
    async with Publisher(settings) as publisher:
        for place, line in lines:
            report.read += 1
            try:
                slug, key = address_of(plan.subsystems, line)
                plan.subsystems[slug].decoder.decode(line, ())
                await publisher.send(names.events(slug), key, line)
                report.sent += 1
            except (Rejection, ValueError) as error:
                field_name = f"{error.field}: " if isinstance(error, Rejection) and error.field else ""
                report.refused.append(f"{place}: {field_name}{error}")
    return report


def address_of(subsystems: Mapping[str, object], value: bytes) -> tuple[str, bytes]:
    """The subsystem and key of a structured CloudEvent. Raises ValueError naming what is wrong."""
    try:
        address = msgspec.json.decode(value, type=_Address)
    except msgspec.MsgspecError as error:
        raise ValueError(f"no CloudEvent: {error}") from error
    slug = address.type.removeprefix(f"{TYPE_PREFIX}.").partition(".")[0]
    if slug not in subsystems:
        raise ValueError(f"type: no subsystem of the catalogue has events of type {address.type!r}")
    if not address.partitionkey:
        raise ValueError("partitionkey: missing; it is the id of the entity that the event is about")
    return slug, address.partitionkey.encode()
