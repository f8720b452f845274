"""The worker, as its partitions see it."""

from collections.abc import Mapping
from typing import Protocol

from faust.types import TP


class Host(Protocol):
    """What only the process as a whole can do."""

    async def rewind(self, positions: Mapping[TP, int]) -> None:
        """Let the consumer continue at these offsets."""

    async def crash(self, error: BaseException) -> None:
        """End the worker: the failure has no remedy here."""
