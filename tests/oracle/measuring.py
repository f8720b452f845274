"""What a measure reads from one fact."""

from math import ceil

import xxhash

from ioc.kpis.facts import STAMP, TIME, took_edges
from ioc.kpis.measures import Grouping, Labels, Measure
from tests.oracle.lives import TOOK_MS, Fact


def passes(measure: Measure, fact: Fact) -> bool:
    """Whether a fact fulfils a measure's conditions."""
    return all(fact.fields.get(name) in allowed for name, allowed in measure.where)


def labels_of(grouping: Grouping, fact: Fact) -> Labels | None:
    """A fact's label set; None where a field of the breakdown is not known."""
    values = [fact.fields.get(name) for name in grouping]
    if any(value is None for value in values):
        return None
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in values)


def amount_of(measure: Measure, fact: Fact) -> int:
    """What a fact adds to a sum: one, or its amount in thousandths."""
    if measure.amount is None:
        return 1
    value = fact.fields.get(measure.amount)
    return 0 if value is None else round(value * factor_of(measure, fact) * 1000)


def latest_of(measure: Measure, fact: Fact) -> tuple[int, float] | None:
    """The time and value that a fact offers as the latest."""
    assert fact.time is not None
    value = 0 if measure.amount == TIME else fact.fields.get(measure.amount or "")
    return None if value is None else (fact.time, float(value) * factor_of(measure, fact))


def later(known: tuple[int, float] | None, value: tuple[int, float]) -> tuple[int, float]:
    """The newer of two values, of which the second came later: at one instant it corrects the first."""
    return value if known is None or value[0] >= known[0] else known


def factor_of(measure: Measure, fact: Fact) -> float:
    if measure.factors is None:
        return 1.0
    field, factors = measure.factors
    return dict(factors)[str(fact.fields[field])]


def bucket_of(measure: Measure, fact: Fact) -> int:
    """The bucket a fact is counted in: its minute, a whole number as it is, any other value by its hash."""
    if measure.bucket == STAMP:
        return fact.minute
    if edges := took_edges(measure.bucket or ""):
        # The greatest beginning of a bucket that is not above the duration.
        eighths = [ceil(1000 * 2 ** (i / 8)) for i in range(240)]
        return max(edge for edge in (0, *eighths, *edges) if edge <= fact.fields[TOOK_MS])
    value = fact.fields.get(measure.bucket or "")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return xxhash.xxh3_64_intdigest(str(value).encode()) >> 1
