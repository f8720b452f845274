"""The page of figures is what prometheus_client would write of the same families."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from ioc.figures.family import Family
from streams.exporter.text_format import FamilyPages

NAMES = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True)
LABELS = st.dictionaries(NAMES, st.text(max_size=8), max_size=3).map(lambda labels: tuple(labels.items()))
FAMILIES = st.lists(
    st.builds(
        Family,
        NAMES.map(lambda name: f"ioc_{name}_ratio"),
        st.just("gauge"),
        st.text(max_size=20),
        st.lists(st.tuples(LABELS, st.floats() | st.integers(-(10**12), 10**12).map(float)), max_size=4),
    )
    | st.builds(
        Family,
        NAMES.map(lambda name: f"ioc_{name}_total"),
        st.just("counter"),
        st.text(max_size=20),
        st.lists(st.tuples(LABELS, st.integers(0, 10**15)), max_size=4),
    ),
    max_size=4,
)


class Client(Collector):
    """Families as prometheus_client knows them: a counter's own name lacks the _total of its samples."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            metric = Metric(family.name.removesuffix("_total"), family.documentation, family.kind)
            for labels, value in family.samples:
                metric.add_sample(family.name, dict(labels), value)
            yield metric


@given(FAMILIES)
def test_page_is_that_of_prometheus_client_byte_for_byte(families: list[Family]) -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Client(families))
    written = FamilyPages().written({"": families})
    assert written.text == generate_latest(registry)
    assert written.openmetrics + b"# EOF\n" == generate_openmetrics(registry)


def test_a_part_is_written_again_only_when_its_list_is_another_one() -> None:
    pages = FamilyPages()
    families = [Family("ioc_thing", "gauge", "A thing.", [((), 1.0)])]
    first = pages.written({"a": families})
    families[0].samples.append(((("unit", "1"),), 2.0))
    assert pages.written({"a": families}) == first
    assert pages.written({"a": list(families)}).text.count(b"\nioc_thing") == 2
