"""Names of facts are part of what is stored: they stay as they are, byte for byte."""

import pytest

from ioc.kpis import facts
from ioc.kpis.facts import Due, FactName, Happened, Open, OpenSince, Seen
from ioc.kpis.measures import Measure


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        (Happened("dossier.handled"), "dossier.handled"),
        (Open("dossier"), "dossier:open"),
        (OpenSince("dossier"), "dossier:since"),
        (Due("dossier"), "dossier:due:main"),
        (Due("dossier", "first_reply"), "dossier:due:first_reply"),
        (Seen("camera"), "camera:seen"),
    ],
)
def test_fact_is_stored_under_its_name(fact: FactName, name: str) -> None:
    assert str(fact) == name


def test_columns_of_computed_fields_are_stored_under_their_names() -> None:
    measures = [
        Measure(Happened("dossier.handled"), where=((facts.TIMELINESS, frozenset({"early", "on_time"})),)),
        Measure(Happened("dossier.handled"), "buckets", bucket=facts.TOOK),
        Measure(Open("dossier"), where=((facts.passed("dossier.assigned"), frozenset({False})),)),
        Measure(Open("dossier"), where=((facts.PHASE, frozenset({"suspended"})),)),
        Measure(Due("dossier"), "buckets", bucket=facts.STAMP),
        Measure(Happened("report.sent"), "latest", amount=facts.TIME),
    ]
    assert [measure.name for measure in measures] == [
        "sum dossier.handled @timeliness=early|on_time",
        "buckets dossier.handled #@took",
        "sum dossier:open @passed:dossier.assigned=False",
        "sum dossier:open @phase=suspended",
        "buckets dossier:due:main #@stamp",
        "latest report.sent +@time",
    ]


def test_facts_of_one_name_in_the_catalogue_are_told_apart() -> None:
    assert len({Open("station"), OpenSince("station"), Due("station"), Seen("station"), Happened("station")}) == 5


def test_milestone_is_read_back_from_the_field_that_says_it_was_passed() -> None:
    assert facts.milestone_of(facts.passed("dossier.assigned")) == "dossier.assigned"
    assert facts.milestone_of(facts.TOOK) is None


def test_fields_of_events_are_not_computed() -> None:
    assert all(facts.is_computed(name) for name in (facts.TOOK, facts.passed("dossier.assigned")))
    assert not facts.is_computed("unit")
