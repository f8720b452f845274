"""Tables: the cells of one breakdown in panes of one size."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ioc.engine.store.pane_codec import PaneCodec
from ioc.kpis.measures import Grouping, Measure
from ioc.time.instants import Seconds


class TableKey(NamedTuple):
    """A breakdown and the size of its panes; size 0 is the one pane of everything."""

    grouping: Grouping
    size: Seconds

    def __str__(self) -> str:
        return f"{','.join(self.grouping)}/{self.size}"


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of one table, in a fixed order; compared by identity, for speed."""

    key: TableKey
    columns: tuple[Measure, ...]

    @cached_property
    def index(self) -> Mapping[str, int]:
        return {measure.name: number for number, measure in enumerate(self.columns)}

    @cached_property
    def codec(self) -> PaneCodec:
        return PaneCodec(self.columns)
