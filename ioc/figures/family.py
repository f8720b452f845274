"""One metric with its samples, in no exposition format yet."""

from dataclasses import dataclass, field
from typing import Literal

from ioc.figures.label_text import LabelPairs

Sample = tuple[LabelPairs, float]


@dataclass(slots=True)
class Family:
    """One metric with its samples."""

    name: str
    kind: Literal["gauge", "counter"]
    documentation: str
    samples: list[Sample] = field(default_factory=list)
