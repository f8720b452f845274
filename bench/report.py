"""The results as JSON, as a Markdown table and as plots, and one line per goal."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.curves import Point
from bench.exporter import Cost
from bench.latency import Latency
from bench.throughput import Rates

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- bench: begin, written by `make bench` -->", "<!-- bench: end -->"
NOT_MEASURED = "not measured"
PEERS = (
    ("b", "a loop by hand", 0.9),
    ("e", "idiomatic Faust", 100),
    ("f", "Quix Streams", 8),
    ("g", "Kafka Streams", 1.5),
    ("h", "Flink", 1.15),
    ("i", "Pathway", 2.5),
)
"""By their letters in the race, and how many times faster the product shall be."""


@dataclass(frozen=True)
class Goal:
    """One goal, what was measured, and whether that is enough."""

    text: str
    measured: float | None
    wanted: float
    unit: str = ""
    at_most: bool = False

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return NOT_MEASURED
        enough = self.measured <= self.wanted if self.at_most else self.measured >= self.wanted
        return "reached" if enough else "short"

    def __str__(self) -> str:
        bound = "at most" if self.at_most else "at least"
        figure = "" if self.measured is None else f" with {_number(self.measured)}{self.unit}"
        return f"{self.text}, {bound} {_number(self.wanted)}{self.unit}: {self.verdict}{figure}"


@dataclass
class Results:
    """All that one run measured; what was left out is empty."""

    machine: Mapping[str, str]
    quick: bool
    rates: Sequence[Rates] = ()
    """In the steady state."""
    starts: Sequence[Rates] = ()
    """From a start on."""
    lifecycles: Sequence[Rates] = ()
    """Of the second task."""
    two_workers: float | None = None
    """Events a second of two workers against one; None where there are fewer than four cores."""
    curves: Sequence[Point] = ()
    latencies: Sequence[Latency] = ()
    webhook: Sequence[float] = ()
    exporter: Cost | None = None
    recovery: Sequence[Mapping[str, float]] = field(default_factory=list)

    @property
    def goals(self) -> list[Goal]:
        recovered = next((row for row in self.recovery if row["entities"] == 1_000_000), None)
        latency = {each.rate: each.p99 for each in self.latencies}
        restored = "1,000,000 open entities restored"
        return [
            *(
                Goal(f"One KPI against {peer}, by the wall clock", _ratio(self.rates, "c", letter), wanted, " times")
                for letter, peer, wanted in PEERS
            ),
            Goal(
                "Memory of one KPI against the least of Kafka Streams, Flink and Pathway",
                self._memory(),
                0.5,
                " times",
                at_most=True,
            ),
            Goal(
                "The full catalogue against a loop by hand, by the wall clock",
                _ratio(self.rates, "d", "b"),
                0.55,
                " times",
            ),
            Goal(
                "A day of 10,000 events/s caught up by one worker, by the rate of the full catalogue",
                self._hours_for(10_000 * 86_400),
                2.5,
                " hours",
                at_most=True,
            ),
            Goal("Lifecycles against a loop by hand", _ratio(self.lifecycles, "c", "b"), 0.2, " times"),
            Goal("Lifecycles against Flink", _ratio(self.lifecycles, "c", "h"), 1, " times"),
            *(
                Goal(f"Produce to /metrics at {rate:,}/s, p99", latency.get(rate), 0.8, " s", at_most=True)
                for rate in (1_000, 20_000)
            ),
            Goal("A limit crossed to the webhook, the slowest", max(self.webhook, default=None), 7, " s", at_most=True),
            Goal("A scrape of 98,000 series, p99", self.exporter and self.exporter.scrape_p99, 0.3, " s", at_most=True),
            Goal(
                "A change of figures on a page of 98,000 series",
                self.exporter and self.exporter.change_seconds,
                0.1,
                " s",
                at_most=True,
            ),
            Goal(f"{restored}, resident", recovered and recovered["resident"], 600, " MB", at_most=True),
            Goal(f"{restored}, time", recovered and recovered["seconds"], 10, " s", at_most=True),
        ]

    def _hours_for(self, events: int) -> float | None:
        rate = next((rates.wall for rates in self.rates if rates.letter == "d"), None)
        return events / rate / 3600 if rate else None

    def _memory(self) -> float | None:
        peaks = {rates.letter: rates.peak for rates in self.rates}
        return peaks["c"] / min(peaks[letter] for letter in "ghi") if {*"cghi"} <= peaks.keys() else None


def _ratio(rates: Sequence[Rates], one: str, other: str) -> float | None:
    """How many times faster one contender is than another, by the wall clock."""
    found = {each.letter: each.wall for each in rates}
    return found[one] / found[other] if one in found and other in found else None


def write(results: Results, folder: Path) -> None:
    """Write ``latest.json``, ``latest.md`` and the plots into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    goals = [asdict(goal) | {"verdict": goal.verdict} for goal in results.goals]
    data = asdict(results) | {"goals": goals}
    (folder / "latest.json").write_text(json.dumps(data, indent=1) + "\n")
    (folder / "latest.md").write_text(markdown(results))
    if results.curves:
        _plot(results.curves, folder / "curves.svg")


def write_readme(results: Results) -> None:
    """Put the summary between the marks of the project's README."""
    readme = README.read_text()
    README.write_text(readme.replace(shown_in(readme), summary(results), 1))


def shown_in(readme: str) -> str:
    """What a text has between the marks. Raises ValueError where they are missing."""
    begin = readme.index(BEGIN) + len(BEGIN) + 1
    return readme[begin : readme.index(END, begin)]


def markdown(results: Results) -> str:
    """All results as tables, the summary first."""
    return summary(results) + details(results)


def summary(results: Results) -> str:
    """The machine, the contenders and the goals."""
    lines = [measured_on(results.machine), ""]
    if results.rates:
        lines += ["In the steady state, after the first quarter of the events:", "", *_rates(results.rates)]
    if results.starts:
        lines += ["From a start on, after the first tenth of the events:", "", *_rates(results.starts)]
    if results.lifecycles:
        lines += ["Requests with a deadline, followed to their end:", "", *_rates(results.lifecycles)]
    lines += [*(f"- {goal}" for goal in results.goals), ""]
    return "\n".join(lines)


def _rates(rates: Sequence[Rates]) -> list[str]:
    by_hand = next((each for each in rates if each.letter == "b"), None)
    rows = [
        [
            f"({r.letter})", r.title, f"{r.wall:,.0f}", _share(r.wall, by_hand and by_hand.wall), f"{r.cpu:,.0f}",
            _share(r.cpu, by_hand and by_hand.cpu), f"{r.peak:,.0f}", f"{r.records:,}", str(r.runs),
        ]
        for r in rates
    ]  # fmt: skip
    head = ["", "contender", "events/s", "of (b)", "events per CPU second", "of (b)", "peak MB", "events read", "runs"]
    return table(head, rows)


def measured_on(machine: Mapping[str, str]) -> str:
    """A line about the machine."""
    told = ", ".join(
        {"processor": value, "cores": f"{value} cores", "GiB of memory": f"{value} GiB"}.get(name, f"{name} {value}")
        for name, value in machine.items()
    )
    return f"Measured on: {told}."


def details(results: Results) -> str:
    """Everything else that was measured."""
    lines = ["", "## Details", ""]
    if not results.quick:
        two = f"{results.two_workers:.2f} times" if results.two_workers else f"{NOT_MEASURED} (it needs four cores)"
        lines += [f"Two workers against one: {two}.", ""]
    if results.latencies:
        rows = [[f"{x.rate:,}", f"{x.reached:,.0f}", f"{x.p50:.2f}", f"{x.p99:.2f}"] for x in results.latencies]
        lines += table(["events/s", "sent", "produce to /metrics, p50 s", "p99 s"], rows)
    if results.webhook:
        told = ", ".join(f"{seconds:.1f}" for seconds in sorted(results.webhook))
        lines += [f"From an event that crosses a limit to the webhook behind Alertmanager: {told} s.", ""]
    if results.exporter:
        lines += _exporter(results.exporter)
    if results.curves:
        rows = [[p.curve, f"{p.at:,}", f"{p.wall:,.0f}", f"{p.cpu:,.0f}", f"{p.peak:,.0f}"] for p in results.curves]
        lines += table(["depending on", "", "events/s", "events per CPU second", "peak MB"], rows)
        lines += ["![What a worker's rate depends on](curves.svg)", ""]
    if results.recovery:
        rows = [[f"{r['entities']:,.0f}", f"{r['seconds']:.1f}", f"{r['resident']:,.0f}"] for r in results.recovery]
        lines += table(["open entities", "restored from Kafka, s", "resident MB"], rows)
    return "\n".join(lines)


def _exporter(cost: Cost) -> Iterable[str]:
    row = [
        f"{cost.series:,}", f"{cost.page:.1f}", f"{cost.scrape_p50 * 1000:.0f}", f"{cost.scrape_p99 * 1000:.0f}",
        f"{cost.scrape_cpu * 1000:.0f}", f"{cost.change_seconds * 1000:.0f}", f"{cost.change_cpu * 1000:.0f}",
        f"{cost.resident:,.0f}",
    ]  # fmt: skip
    return table(
        [
            "exporter: series", "page MB", "scrape p50 ms", "p99 ms", "CPU ms per scrape", "a change of figures, ms",
            "CPU ms per change", "peak MB",
        ],
        [row],
    )  # fmt: skip


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table and an empty one."""
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def _share(value: float, whole: float | None) -> str:
    return f"{value / whole:.2f}" if whole else "-"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _plot(curves: Sequence[Point], file: Path) -> None:
    from matplotlib.figure import Figure  # Half a second: not for who reads results.

    names = list(dict.fromkeys(point.curve for point in curves))
    figure = Figure(figsize=(3 * len(names), 3), layout="constrained")
    axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for name, axis in zip(names, axes, strict=True):
        points = [point for point in curves if point.curve == name]
        for label, rates in (("wall time", [p.wall for p in points]), ("CPU time", [p.cpu for p in points])):
            axis.plot([point.at for point in points], rates, marker="o", label=label)
        axis.set(xscale="log", xlabel=name, ylim=(0, None))
        axis.grid(visible=True, alpha=0.3)
    axes[0].set_ylabel("events per second")
    axes[0].legend()
    figure.savefig(file, metadata={"Date": None})
