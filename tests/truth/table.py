"""Every KPI with limits times every fault, judged, and counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ioc.kpis.status import Status
from tests.packaged import packaged_catalogue
from tests.truth.faults import FAULTS, Case, Impossible, Trial
from tests.truth.judge import Verdict, judged, status_at
from tests.truth.scenes import SCENES
from tests.truth.world import Place, Shown


@dataclass(frozen=True)
class Outcome:
    """One place of one KPI under one fault."""

    kpi: str
    fault: str
    variant: str
    place: Place
    shown: Shown
    true: Status
    verdict: Verdict
    taken_back: bool
    """Whether it is worse than what is true of all that was sent, and yet true of what is known."""

    def __str__(self) -> str:
        where = ", ".join(f"{name}={value}" for name, value in self.place) or "whole"
        return (
            f"{self.verdict}: {self.kpi} [{where}], {self.fault} ({self.variant}): "
            f"shows {self.shown.status.name}, true is {self.true.name}"
        )


@dataclass(frozen=True)
class Unmade:
    """A combination that cannot be made, and why."""

    kpi: str
    fault: str
    why: str


def limited() -> list[tuple[str, str]]:
    """Every KPI of the packaged catalogue that has limits."""
    return [
        (slug, name)
        for slug, each in packaged_catalogue().subsystems.items()
        for name, kpi in each.kpis.items()
        if kpi.limits
    ]


def outcomes(slug: str, kpi: str, fault: str) -> Iterator[Outcome | Unmade]:
    """One KPI under one fault, once while all is well and once while it is as bad as it gets."""
    name = f"{slug}.{kpi}"
    if (slug, kpi) not in SCENES:
        yield Unmade(name, fault, "tests/truth/scenes.py has no scene of it")
        return
    try:
        for ill in (False, True):
            for trial in FAULTS[fault](Case(slug, kpi, ill)):
                for place in sorted({(), *trial.shown, *trial.true}):
                    yield _outcome(name, fault, trial, place)
    except Impossible as why:
        yield Unmade(name, fault, str(why))


def _outcome(kpi: str, fault: str, trial: Trial, place: Place) -> Outcome:
    shown = trial.shown.get(place, Shown(Status.GREY, None))
    true = status_at(trial.true, place)
    verdict = judged(
        shown.status,
        true,
        status_at(trial.of_known, place),
        all_known=not trial.hides(place),
        grey_allowed=trial.may_be_grey(place),
    )
    taken_back = verdict is Verdict.RIGHT and Status.GREEN < shown.status > true
    return Outcome(kpi, fault, trial.variant, place, shown, true, verdict, taken_back)


def printed(every: list[Outcome | Unmade]) -> Iterator[str]:
    """The whole table, line by line."""
    made = [each for each in every if isinstance(each, Outcome)]
    yield f"{'fault':29}{'places':>8}" + "".join(f"{each.value:>15}" for each in Verdict) + f"{'green':>8}{'grey':>7}"
    for fault in (*FAULTS, ""):
        own = [each for each in made if fault in ("", each.fault)]
        counts = Counter(each.verdict for each in own)
        colours = Counter(each.shown.status for each in own)
        yield (
            f"{fault or 'all':29}{len(own):8}"
            + "".join(f"{counts[each]:15}" for each in Verdict)
            + f"{colours[Status.GREEN]:8}{colours[Status.GREY]:7}"
        )
    yield ""
    yield f"Red or yellow by what is known, and not by what waits: {sum(each.taken_back for each in made)}"
    yield ""
    yield "Greys by reason:"
    greys = Counter(each.shown.reason for each in made if each.shown.status is Status.GREY)
    for reason, count in greys.most_common():
        yield f"  {'no value' if reason is None else reason.name.lower():20}{count:7}"
    yield ""
    yield "Not made:"
    for (fault, why), count in Counter((e.fault, e.why) for e in every if isinstance(e, Unmade)).items():
        yield f"  {fault}: {count} KPIs: {why}"
    yield ""
    yield from (str(each) for each in made if each.verdict is not Verdict.RIGHT)
