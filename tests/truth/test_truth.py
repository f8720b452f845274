"""No status is better or worse than what is known: every KPI with limits, in every breakdown, under every fault."""

import pytest

from ioc.kpis.status import Status
from tests.truth.faults import FAULTS, Case, nothing
from tests.truth.judge import Verdict
from tests.truth.scenes import SCENES
from tests.truth.table import Outcome, limited, outcomes

KPIS = [pytest.param(slug, kpi, id=f"{slug}.{kpi}") for slug, kpi in limited()]


@pytest.mark.parametrize(("slug", "kpi"), KPIS)
def test_every_kpi_with_limits_has_a_scene_that_is_green_and_one_that_is_red(slug: str, kpi: str) -> None:
    assert (slug, kpi) in SCENES, f"{slug}.{kpi} has limits: write its scene in tests/truth/scenes.py"
    well, ill = (next(iter(nothing(Case(slug, kpi, each)))).true[()] for each in (False, True))
    assert (well, ill) == (Status.GREEN, Status.RED)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("slug", "kpi"), KPIS)
def test_no_status_is_other_than_what_is_known(slug: str, kpi: str, fault: str) -> None:
    every = [each for each in outcomes(slug, kpi, fault) if isinstance(each, Outcome)]
    assert [str(each) for each in every if each.verdict is not Verdict.RIGHT] == []
