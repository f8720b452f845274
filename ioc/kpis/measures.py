"""What a KPI has the engine keep: measures, each for a breakdown and a window."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ioc.kpis.facts import STAMP, FactName
from ioc.time.windows import Window

Labels = tuple[str, ...]
Grouping = tuple[str, ...]
"""Field names; the empty grouping is the whole."""

SCALE = 1000
"""Amounts are added as whole thousandths, so that no order of addition changes a sum."""

Scalar = str | bool | int
Where = tuple[tuple[str, frozenset[Scalar]], ...]
"""For each field the values that pass."""
Factors = tuple[str, tuple[tuple[str, float], ...]]
"""A field, and for each of its values the factor that an amount is multiplied by."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that the engine adds up.

    ``accumulator`` says how facts combine: ``sum`` adds 1 or the field ``amount``; ``buckets`` counts
    facts per value of the field ``bucket`` (or per `STAMP`); ``latest`` keeps the value of ``amount``
    with the newest event time. ``factors`` convert an amount by the value of another field.
    """

    fact: FactName
    accumulator: Literal["sum", "buckets", "latest"] = "sum"
    amount: str | None = None
    bucket: str | None = None
    where: Where = ()
    factors: Factors | None = None

    @property
    def name(self) -> str:
        """A stable name, by which stored figures are found again."""
        parts = [self.accumulator, str(self.fact)]
        if self.amount:
            parts.append(f"+{self.amount}")
        if self.bucket:
            parts.append(f"#{self.bucket}")
        parts += [f"{field}={'|'.join(sorted(map(str, allowed)))}" for field, allowed in self.where]
        if self.factors:
            parts.append(f"x{self.factors[0]}:" + "|".join(f"{unit}={factor:g}" for unit, factor in self.factors[1]))
        return " ".join(parts)

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the fact that this measure reads, its amount aside."""
        fields = {field for field, _ in self.where}
        if self.bucket and self.bucket != STAMP:
            fields.add(self.bucket)
        if self.factors:
            fields.add(self.factors[0])
        return frozenset(fields)


class Needed(NamedTuple):
    """A measure that must be kept for a grouping, for a window (or in panes of a size)."""

    measure: Measure
    grouping: Grouping
    window: Window
