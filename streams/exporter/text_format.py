"""The domain's metric families as Prometheus' text format and as OpenMetrics.

Written here and not by prometheus_client, which sorts, checks and escapes the labels of each of 50,000 samples anew: a
page of them took it four times as long. A test holds both to the same bytes.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from prometheus_client.utils import floatToGoString

from ioc.figures.family import Family
from ioc.figures.label_text import escaped, label_set, quoted


class Written(NamedTuple):
    """Families in both formats, which differ in what they say of a family and not in its samples."""

    text: bytes
    openmetrics: bytes
    """Without the mark of its end, as more may follow."""


class FamilyPages:
    """Families as text; a part whose list is the very one it was before is not written again."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[list[Family], Written]] = {}

    def written(self, parts: Mapping[str, list[Family]]) -> Written:
        """All parts."""
        written = [self._part(name, families) for name, families in parts.items()]
        return Written(*(b"".join(each) for each in zip(*written, strict=True))) if written else Written(b"", b"")

    def _part(self, name: str, families: list[Family]) -> Written:
        known = self._parts.get(name)
        if known is None or known[0] is not families:
            known = self._parts[name] = (families, _written(families))
        return known[1]


def _written(families: Sequence[Family]) -> Written:
    samples = ["".join(_sample_lines(family)) for family in families]
    heads, others = [_text_head(family) for family in families], [_openmetrics_head(family) for family in families]
    text = _joined(heads, samples)
    return Written(text, text if heads == others else _joined(others, samples))


def _joined(heads: Sequence[str], samples: Sequence[str]) -> bytes:
    return "".join(head + lines for head, lines in zip(heads, samples, strict=True)).encode()


def _text_head(family: Family) -> str:
    return f"# HELP {family.name} {escaped(family.documentation)}\n# TYPE {family.name} {family.kind}\n"


def _openmetrics_head(family: Family) -> str:
    # Of a counter, the samples have the suffix and the family has not.
    name = family.name.removesuffix("_total") if family.kind == "counter" else family.name
    return f"# HELP {name} {quoted(family.documentation)}\n# TYPE {name} {family.kind}\n"


def _sample_lines(family: Family) -> list[str]:
    return [f"{family.name}{label_set(labels)} {_number_text(value)}\n" for labels, value in family.samples]


def _number_text(value: float) -> str:
    # Zero and minus zero are equal, and so the same to a cache.
    return _remembered_number_text(value) if value else floatToGoString(value)


_remembered_number_text = lru_cache(maxsize=1 << 16)(floatToGoString)
