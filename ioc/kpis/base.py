"""What every kind of KPI has in common.

A kind says four things: which measures the engine must keep for it, which other KPIs it is derived from, how its
value reads from those at a given moment, and the same in words. It never sees an event or a clock.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ioc.kpis.measures import Grouping, Measure, Needed, Where
from ioc.kpis.specs import ForecastSpec, GroupingSpec, LimitsSpec, ReportingSpec, WhereSpec
from ioc.kpis.view import KpiValue, KpiValues, View
from ioc.kpis.wording import Vocabulary, Writer
from ioc.text.bilingual import Language, Text
from ioc.time.durations import Duration, Elapsed
from ioc.time.instants import Seconds
from ioc.time.windows import PANE_OF_WINDOW, WINDOWS, Window

MINIMUM_SAMPLE_OF_RATIOS = 30

_NONE = Text("không có trường hợp nào", "there is none")
_NONE_OF_ALL = Text(
    "không trường hợp nào trong mẫu số; mẫu số bằng 0 thì không có giá trị",
    "none of the denominator; where that is 0 there is no value",
)
_ALL_MEASURED_ZERO = Text(
    "mọi trường hợp đều bằng 0; không có trường hợp nào thì không có giá trị",
    "all cases came to 0; without a case there is no value",
)


class Band(NamedTuple):
    """A range of whole values with a name, both ends included; without a last it has no end."""

    first: int
    last: int | None
    name: Text


class Input(NamedTuple):
    """Another KPI of the subsystem that values are read from, in the window and grouping asked for unless it says."""

    kpi: str
    window: Window | None = None
    grouping: Grouping | None = None
    moves: Literal[-1, 0, 1] = 0
    """1 where the value grows with it, -1 where it falls, 0 where it may do either."""


class Misuse(NamedTuple):
    """What is wrong with a KPI by itself: under which of its keys, what, and how to mend it."""

    key: str
    message: str
    fix: str


class Kpi(BaseModel):
    """One indicator of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    name: Text
    short: Text | None = None
    """Its name in a word or two, beside that of its subsystem."""
    description: Text
    unit: str
    """``ratio`` (0 to 1), ``seconds``, or the thing counted, in English plural."""
    windows: list[Window] = Field(min_length=1)
    by: list[GroupingSpec] = Field(default_factory=list)
    """The breakdowns exported beside the whole: a field, or a list of fields."""
    at_each: str | None = None
    """A field: the value is of each station or site, and the whole is the worst of them."""
    heard_from: str | None = None
    """A field: each of its things sends its part of the value by itself; while one is silent the whole lacks a part."""
    silent_after: Elapsed | None = None
    """A thing unheard of for longer has no value: one that fell silent is not shown as it once was."""
    limits: LimitsSpec | None = None
    forecast: ForecastSpec | None = None
    """Of each thing that it is read at: when it reaches the next limit, where its trend bears it."""
    best: Literal["most", "least"] | None = None
    """Which end of a ranking of units is good; the limits' direction says it where there are limits."""
    reporting: ReportingSpec | None = None
    reported: bool = False
    """A figure that the source reports as it stands; it has no numerator."""
    possibly_empty: bool = False
    """It may have no value for long, and its panels say so."""
    source: str = ""

    ratio: ClassVar[bool] = False
    """Whether values carry numerator and denominator."""
    sampled: ClassVar[bool] = False
    """Whether values that are no ratio carry the number of cases behind them."""
    divides: ClassVar[bool] = False
    """Whether amounts are divided by the number of events, so that one without an amount would count as 0."""
    only_unit: ClassVar[Literal["ratio", "seconds"] | None] = None
    """The unit of all KPIs of the kind, where they cannot have another."""
    only_windows: ClassVar[Sequence[Window]] = WINDOWS
    """The windows that the kind can be read in."""
    of_zero: ClassVar[Text | None] = None
    """What a value of 0 says, where it is neither that there is none nor a share of none."""
    reads_silence: ClassVar[bool] = False
    """Whether no event at one of the things that it is read at says that nothing happened there."""
    looks_back: ClassVar[Seconds] = Seconds(0)
    """How long before its window the events lie that it reads besides."""
    signed: ClassVar[bool] = False
    """Whether values lie on both sides of 0, which then is the line between good and bad."""
    bands: ClassVar[Sequence[Band]] = ()
    """Names of ranges of its values, where a standard gives them."""

    @property
    def groupings(self) -> list[Grouping]:
        """The whole and every breakdown."""
        own = [*self.by, (self.at_each,)] if self.at_each else self.by
        return [(), *dict.fromkeys(own)]

    @property
    def sender(self) -> str | None:
        """The field of the things that it is told by, each by itself; None where none can fall silent alone."""
        return self.at_each or self.heard_from

    @property
    def ranked(self) -> Literal["most", "least"] | None:
        """Which end of a ranking is good; None where neither is, as of a mere count."""
        if self.best is None and self.limits is not None:
            return "least" if self.limits.direction == "above" else "most"
        return self.best

    @property
    def ahead(self) -> Duration | None:
        """How far into what is to come it reads; None where it tells what is."""
        return None

    @property
    def zero(self) -> Text:
        """What a value of 0 says, in words."""
        if self.of_zero is not None:
            return self.of_zero
        return _NONE_OF_ALL if self.ratio else _ALL_MEASURED_ZERO if self.sampled else _NONE

    @property
    def conditions(self) -> Where:
        """The conditions that facts must fulfil to count."""
        return ()

    @property
    def things(self) -> Sequence[str]:
        """Fields by which things are told apart that are not told apart in its figures."""
        return ()

    def measures(self) -> Sequence[Measure]:
        """What the engine adds up for this KPI; derived kinds have nothing of their own."""
        return ()

    def needed(self) -> Iterable[Needed]:
        """The measures with the groupings and windows that they are kept for: unless said, all that it is read in."""
        groupings = [grouping for grouping in self.groupings if grouping or self.at_each is None]
        return [
            Needed(measure, grouping, window)
            for measure in self.measures()
            for grouping in groupings
            for window in self.windows
        ]

    def inputs(self) -> Sequence[Input]:
        """The KPIs it is derived from."""
        return ()

    def behind(self) -> Sequence[Input]:
        """Of those the ones whose cases are behind its value."""
        return ()

    @abstractmethod
    def values(self, view: View, grouping: Grouping, window: Window) -> KpiValues:
        """Its values for one grouping and window; a label set without a value is left out."""

    @abstractmethod
    def formula(self, say: Writer) -> str:
        """What a value is made of, in words."""

    def in_words(self, vocabulary: Vocabulary, language: Language) -> str:
        """Its whole formula: where it is read, what its value is made of, and under which conditions."""
        say = Writer(vocabulary, language)
        at_each = f"{say('tại từng', 'at each')} {say.field(self.at_each)}: " if self.at_each else ""
        silence = say.heard_within(self.silent_after, self.heard_from)
        return f"{at_each}{self.formula(say)}{say.where(self.conditions)}{silence}"

    def misuses(self) -> Iterable[Misuse]:
        """What is wrong with it by itself, beside its unit and windows."""
        return ()

    def pane_size(self, window: Window) -> Seconds:
        """The size of the panes by which a window of its moves on; 0 where it does not."""
        return PANE_OF_WINDOW[window]

    @property
    def minimum_sample(self) -> int:
        """The cases below which the KPI is grey."""
        if self.limits is not None and self.limits.minimum_sample is not None:
            return self.limits.minimum_sample
        return MINIMUM_SAMPLE_OF_RATIOS if self.ratio else 0

    @property
    def minimum_sample_of_ranks(self) -> int:
        """The cases below which a unit has no place in a ranking."""
        return self.minimum_sample or (MINIMUM_SAMPLE_OF_RATIOS if self.sampled else 0)

    def worst(self, values: Iterable[KpiValue]) -> KpiValue | None:
        """The worst value in the direction of the limits, of those with the minimum sample if any has it."""
        candidates = list(values)
        enough = [value for value in candidates if value.sample is None or value.sample >= self.minimum_sample]
        below = self.limits is not None and self.limits.direction == "below"
        # Of equal ones always the same, in whatever order they come.
        return (min if below else max)(enough or candidates, key=_by_value_and_size, default=None)


def _by_value_and_size(value: KpiValue) -> tuple[float, float]:
    return value.value, value.denominator or value.sample or 0.0


class Filtered(Kpi):
    """A KPI of facts that fulfil conditions."""

    where: WhereSpec = ()

    @property
    def conditions(self) -> Where:
        return self.where


class AtEachOnly(Kpi):
    """A KPI that is read at each station or the like, and nowhere else."""

    at_each: str

    def misuses(self) -> Iterable[Misuse]:
        if self.by:
            yield Misuse("by", f"a KPI of kind {self.kind} is read at each {self.at_each}", "drop by")
