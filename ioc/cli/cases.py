"""``ioc cases``: the entities behind a KPI, straight from the state in Kafka."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec
from rich.console import Console
from rich.table import Table

from ioc.cases.find import CasesError, Found
from ioc.cases.table import as_data, summary, table, title
from ioc.catalogue.model import Catalogue
from ioc.cli.installation import catalogue_of
from ioc.engine.plan import compile_plan
from ioc.text.bilingual import Language
from ioc.time.windows import Window
from streams.cases.follower import CaseFollower
from streams.kafka.promotion import live_settings
from streams.settings.settings import Settings


def find_and_print(
    settings: Settings,
    kpi: str | None,
    only: Sequence[str],
    console: Console,
    *,
    window: str | None,
    limit: int,
    json: bool,
    english: bool,
) -> None:
    """Print the cases behind a KPI. Raises CasesError, LogError, TopicError."""
    subsystem, dot, name = (kpi or "").partition(".")
    if not dot:
        raise CasesError(f"{kpi or ''!r} is no KPI: write subsystem and KPI, as in public_services.overdue")
    filters = dict(pair.partition("=")[::2] for pair in only)
    found, catalogue = find_cases(settings, subsystem, name, filters, window=cast("Window | None", window), limit=limit)
    if json:
        sys.stdout.write(f"{msgspec.json.format(msgspec.json.encode(as_data(found))).decode()}\n")
    else:
        console.print(shown(found, catalogue, "en" if english else "vi"))


def find_cases(
    settings: Settings, subsystem: str, kpi: str, only: Mapping[str, str], *, window: Window | None, limit: int
) -> tuple[Found, Catalogue]:
    """The cases behind a KPI, from the state as it is now. Raises CasesError, LogError, TopicError."""
    settings = live_settings(settings)
    plan = compile_plan(catalogue_of(settings))

    async def found() -> Found:
        follower = CaseFollower(settings, plan)
        following = asyncio.create_task(follower.run())
        ready = asyncio.create_task(follower.until_ready())
        try:
            await asyncio.wait((following, ready), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
            return await follower.find(subsystem, kpi, only, window=window, limit=limit)
        finally:
            following.cancel()
            ready.cancel()
            await asyncio.gather(following, ready, return_exceptions=True)

    return asyncio.run(found()), plan.catalogue


def shown(found: Found, catalogue: Catalogue, language: Language) -> Table:
    """The cases as a table for the terminal."""
    headings, rows = table(found, catalogue, language)
    drawn = Table(title=title(found, catalogue, language), caption=summary(found, language), title_justify="left")
    for heading in headings:
        drawn.add_column(heading)
    for row in rows:
        drawn.add_row(*row)
    return drawn
