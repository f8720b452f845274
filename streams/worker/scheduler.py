"""How a poll's records are handed to Faust: whole batches instead of single records."""

from collections.abc import Iterator, Mapping
from typing import Any

from faust.types import TP
from faust.types.transports import SchedulingStrategyT


class BatchScheduler(SchedulingStrategyT):
    """Hands over what one poll brought for each partition as one piece.

    Faust's own scheduler takes turns between partitions record by record; whole batches cost Faust's work per message
    once per batch.
    """

    def iterate(self, records: Mapping[TP, Any]) -> Iterator[tuple[TP, Any]]:
        return iter(records.items())
