"""The domain's metric families as Prometheus' text format.

Written here and not by prometheus_client, which sorts, checks and escapes the labels of each of 50,000 samples anew: a
page of them took it four times as long. A test holds both to the same bytes.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from prometheus_client.utils import floatToGoString

from ioc.figures.family import Family
from ioc.figures.label_text import escaped, label_set


class FamilyPages:
    """Families as text; a part whose list is the very one it was before is not written again."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[list[Family], bytes]] = {}

    def text(self, parts: Mapping[str, list[Family]]) -> bytes:
        """The text of all parts."""
        return b"".join(self._part(name, families) for name, families in parts.items())

    def _part(self, name: str, families: list[Family]) -> bytes:
        written = self._written.get(name)
        if written is None or written[0] is not families:
            text = "".join(line for family in families for line in _lines(family))
            written = self._written[name] = (families, text.encode())
        return written[1]


def _lines(family: Family) -> Iterator[str]:
    name = family.name
    yield f"# HELP {name} {escaped(family.documentation)}\n# TYPE {name} {family.kind}\n"
    for labels, value in family.samples:
        yield f"{name}{label_set(labels)} {_number_text(value)}\n"


def _number_text(value: float) -> str:
    # Zero and minus zero are equal, and so the same to a cache.
    return _remembered_number_text(value) if value else floatToGoString(value)


_remembered_number_text = lru_cache(maxsize=1 << 16)(floatToGoString)
