"""Whether events are applied one by one or in runs, which must not be seen in anything."""

from collections.abc import Iterator

import pytest

from ioc.engine import intake


@pytest.fixture(
    scope="module", params=[pytest.param(1, id="in runs", marks=pytest.mark.slow), pytest.param(10**9, id="one by one")]
)
def runs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every event that can be in a run is in one, or none is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "FEWEST", request.param)
        yield
