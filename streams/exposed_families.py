"""The domain's metric families as a collector of prometheus_client."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from ioc.exposition import Family


class FamilyCollector(Collector):
    """Gives the families it was last handed."""

    def __init__(self) -> None:
        self.families: Iterable[Family] = ()

    def collect(self) -> Iterator[Metric]:
        return map(_metric, self.families)


def _metric(family: Family) -> Metric:
    # prometheus_client names a counter without the _total that its samples carry.
    name = family.name.removesuffix("_total") if family.kind == "counter" else family.name
    metric = Metric(name, family.documentation, family.kind)
    sample = f"{name}_total" if family.kind == "counter" else name
    for labels, value in family.samples:
        metric.add_sample(sample, labels, value)
    return metric
