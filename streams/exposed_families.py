"""The domain's metric families as a collector of prometheus_client, and as text."""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from ioc.exposition import Family


class FamilyCollector(Collector):
    """Gives the families it was handed."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return map(_metric, self._families)


class FamilyPages:
    """Families as Prometheus' text format; a part whose list is the very one it was before is not written again."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[list[Family], bytes]] = {}

    def text(self, parts: Mapping[str, list[Family]]) -> bytes:
        """The text of all parts."""
        return b"".join(self._part(name, families) for name, families in parts.items())

    def _part(self, name: str, families: list[Family]) -> bytes:
        written = self._written.get(name)
        if written is None or written[0] is not families:
            registry = CollectorRegistry(auto_describe=False)
            registry.register(FamilyCollector(families))
            written = self._written[name] = (families, generate_latest(registry))
        return written[1]


def _metric(family: Family) -> Metric:
    # prometheus_client names a counter without the _total that its samples carry.
    name = family.name.removesuffix("_total") if family.kind == "counter" else family.name
    metric = Metric(name, family.documentation, family.kind)
    sample = f"{name}_total" if family.kind == "counter" else name
    for labels, value in family.samples:
        metric.add_sample(sample, labels, value)
    return metric
