"""How a poll's records are handed to Faust: whole batches instead of single records."""

from collections.abc import Iterator, Mapping
from typing import Any

from faust.types import TP
from faust.types.transports import SchedulingStrategyT


class BatchScheduler(SchedulingStrategyT):
    """Hands over each partition's records of one poll as one list.

    Faust's own scheduler takes turns between partitions record by record; a list per partition costs Faust's work per
    message once per batch.
    """

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, list[Any]]]:
        return iter(records.items())
