"""``ioc publish``: ready CloudEvents from a file or standard input into their topics."""

import asyncio
import time
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ioc.cli.installation import catalogue_of
from ioc.events.admission import Admission
from ioc.events.decoding import Rejection
from ioc.time.instants import ms_from_float
from streams.kafka.producer import Publisher
from streams.settings.settings import Settings


@dataclass
class Report:
    """What became of the lines of a file."""

    read: int = 0
    sent: int = 0
    refused: list[str] = field(default_factory=list)


def publish(settings: Settings, file: Path, stream: BinaryIO) -> Report:
    """Send the structured CloudEvents of ``stream``, one JSON object a line; lines at fault are refused, not sent.

    What is declared so is hashed. Raises PublishError, SettingsError.
    """
    admission = Admission(catalogue_of(settings), settings.pseudonyms())
    return asyncio.run(_publish(settings, admission, _numbered(file, stream)))


def _numbered(file: Path, stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(stream, 1):
        # Some editors begin a file with a byte order mark.
        text = (line.removeprefix(BOM_UTF8) if number == 1 else line).strip()
        if text:
            yield f"{file}:{number}", text


async def _publish(settings: Settings, admission: Admission, lines: Iterable[tuple[str, bytes]]) -> Report:
    report = Report()
    names = settings.names
    async with Publisher(settings) as publisher:
        for place, line in lines:
            report.read += 1
            try:
                event = admission.admit(line, (), ms_from_float(time.time()))
                await publisher.send(names.events(event.subsystem), event.key, event.value, event.headers)
                report.sent += 1
            except (Rejection, ValueError) as error:
                field_name = f"{error.field}: " if isinstance(error, Rejection) and error.field else ""
                report.refused.append(f"{place}: {field_name}{error}")
    return report
