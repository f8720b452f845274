"""Cases are as many as their KPI counts, at any moment, in every label set and window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.cases.book import CaseBook, in_order
from ioc.cases.find import CasesError, Found, find, kpis_with_cases, stands_behind
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.store.keys import BARRIER
from ioc.events.records import Checkpoint
from ioc.figures.view import Figure, SubsystemView, figures_of
from ioc.kpis.facts import Happened, is_computed
from ioc.kpis.kinds.alive import Alive
from ioc.kpis.kinds.oldest import Oldest
from tests.oracle.randomly import SUBSYSTEM, Step, steps, topics_of
from tests.oracle.topics import Engine, Store, Topics, moment, time_text
from tests.oracle.workshop import KPIS, catalogue_of, kpi, workshop
from tests.packaged import packaged_catalogue, packaged_plan

CATALOGUE = catalogue_of(SUBSYSTEM)
PLAN = compile_plan(CATALOGUE)
SLUG = SUBSYSTEM.subsystem
EVERYTHING = 10**9


class FollowedStore(Store):
    """A store whose state topic a book follows record by record."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.book = CaseBook(plan)

    def write(self, partition: int, checkpoint: Checkpoint) -> None:
        # A worker may take over before every checkpoint.
        self.book.put(partition, BARRIER, None)
        for record in checkpoint.state:
            self.book.put(partition, record.key, record.value)
        super().write(partition, checkpoint)


def compacted_book(store: Store, plan: Plan = PLAN) -> CaseBook:
    """What a reader finds that comes later: how records are to be read comes before the records."""
    book = CaseBook(plan)
    for partition, records in store.state.items():
        for key, value in in_order(records):
            book.put(partition, key, value)
    return book


@given(st.lists(steps(), min_size=1, max_size=40), st.integers(0, 40 * 86_400), st.integers(0, 40))
def test_there_are_as_many_cases_as_the_kpi_counts(log: list[Step], later: int, first_part: int) -> None:
    records = topics_of(log).records
    store = FollowedStore(PLAN)
    engine = Engine(PLAN, 2, store)
    for part in (records[:first_part], records[first_part:]):
        engine.consume(part)
        engine.checkpoint()
    merged = store.merged(PLAN)
    now = (merged.newest(SLUG) or 0) // 1000 + later
    view = SubsystemView(merged, SLUG, now, PLAN.calendar)
    later_book = compacted_book(store)
    with_cases = kpis_with_cases(SUBSYSTEM)
    for figure in figures_of(view, merged, SLUG):
        if figure.kpi in with_cases:
            only = dict(figure.labels)
            found = find(store.book, SLUG, figure.kpi, now, only, window=figure.window, limit=EVERYTHING)
            assert found == find(later_book, SLUG, figure.kpi, now, only, window=figure.window, limit=EVERYTHING)
            assert found.total == len(found.cases)
            assert agrees(found, figure), figure


def agrees(found: Found, figure: Figure) -> bool:
    spec = SUBSYSTEM.kpis[figure.kpi]
    if isinstance(spec, Oldest):
        first = min((case.opened for case in found.cases if case.opened is not None), default=None)
        return figure.value == (0 if first is None else max(0, found.now - first // 60 * 60))
    if isinstance(spec, Alive):
        assert figure.denominator is not None
        assert figure.numerator is not None
        return found.total == figure.denominator - figure.numerator
    return found.total == (figure.value if figure.numerator is None else figure.numerator)


def consumed(topics: Topics, plan: Plan = PLAN) -> CaseBook:
    store = FollowedStore(plan)
    engine = Engine(plan, topics.partitions, store)
    engine.consume(topics.records)
    engine.checkpoint()
    return store.book


NOON = "2025-10-31 12:00"


def opened(topics: Topics, case: str, unit: str, due: str, at: str = "2025-10-31 08:00") -> None:
    data = {"case": case, "unit": unit, "topic": "land", "urgent": False, "due_at": time_text(moment(due))}
    topics.send(SUBSYSTEM, "case.opened", moment(at), data)


@pytest.fixture
def three_overdue() -> CaseBook:
    topics = Topics(2)
    opened(topics, "b", "7900", "2025-10-31 10:00")
    opened(topics, "a", "7900", "2025-10-31 11:00")
    opened(topics, "c", "8716", "2025-10-31 09:00")
    opened(topics, "in time", "7900", "2025-10-31 15:00")
    opened(topics, "closed", "7900", "2025-10-31 09:30")
    topics.send(SUBSYSTEM, "case.closed", moment("2025-10-31 11:30"), {"case": "closed", "urgent": False})
    return consumed(topics)


def ids(found: Found) -> list[str]:
    return [case.id for case in found.cases]


def at(text: str) -> int:
    return moment(text) // 1000


def test_the_longest_overdue_comes_first_and_says_of_whom_since_when_and_until_when(three_overdue: CaseBook) -> None:
    found = find(three_overdue, SLUG, "overdue", at(NOON))
    assert ids(found) == ["c", "b", "a"]
    worst = found.cases[0]
    assert (worst.opened, worst.due, worst.heard) == (at("2025-10-31 08:00"), moment("2025-10-31 09:00"), None)
    assert dict(worst.labels) == {"unit": "8716", "topic": "land"}


def test_a_page_of_cases_is_a_part_of_all_and_says_how_many_there_are(three_overdue: CaseBook) -> None:
    found = find(three_overdue, SLUG, "overdue", at(NOON), limit=1, offset=1)
    assert (ids(found), found.total) == (["b"], 3)


def test_cases_of_a_unit_are_asked_for_by_its_code(three_overdue: CaseBook) -> None:
    assert ids(find(three_overdue, SLUG, "overdue", at(NOON), {"unit": "7900"})) == ["b", "a"]


def test_cases_fall_due_by_the_clock_alone(three_overdue: CaseBook) -> None:
    assert ids(find(three_overdue, SLUG, "overdue", at("2025-10-31 10:00"))) == ["c"]
    assert ids(find(three_overdue, SLUG, "overdue", at("2025-10-31 10:01"))) == ["c", "b"]
    assert ids(find(three_overdue, SLUG, "overdue", at("2025-10-31 08:30"))) == []


def test_the_cases_of_a_ratio_are_those_that_it_counts(three_overdue: CaseBook) -> None:
    share = find(three_overdue, SLUG, "overdue_share", at(NOON))
    assert ids(share) == ids(find(three_overdue, SLUG, "overdue", at(NOON)))


def test_the_cases_of_a_ratio_that_must_not_fall_are_those_that_pull_it_down() -> None:
    reports = packaged_catalogue().subsystems["statistics"]
    assert [spec for spec, _ in stands_behind(reports, "reports_on_time_ratio", "30d")] == [
        reports.kpis["reports_fell_overdue"]
    ]


def test_what_counts_events_has_no_cases_and_says_which_kpis_have(three_overdue: CaseBook) -> None:
    with pytest.raises(CasesError, match=r"workshop.closed counts what happened, .* with cases: open, suspended"):
        find(three_overdue, SLUG, "closed", at(NOON))


@pytest.mark.parametrize(
    ("kpi", "only", "told"),
    [
        ("overdu", {}, "workshop has no KPI 'overdu'; did you mean `overdue`"),
        ("overdue", {"level": "commune"}, "cannot be told apart by 'level'; they can by topic, unit"),
    ],
)
def test_a_wrong_question_is_told_what_to_ask(
    three_overdue: CaseBook, kpi: str, only: dict[str, str], told: str
) -> None:
    with pytest.raises(CasesError, match=told):
        find(three_overdue, SLUG, kpi, at(NOON), only)


def test_silent_things_are_listed_by_their_last_sign_of_life_and_what_never_spoke_is_counted() -> None:
    inventory = kpi("alive", ["total"], presence="camera", timeout="10m", inventory=5)
    subsystem = workshop(kpis={**KPIS, "alive": inventory})
    topics = Topics(2)
    for camera, time in (("early", "11:00"), ("earlier", "10:30"), ("alive", "11:55")):
        topics.send(subsystem, "camera.heard", moment(f"2025-10-31 {time}"), {"camera": camera, "unit": "7900"})
    book = consumed(topics, compile_plan(catalogue_of(subsystem)))
    found = find(book, SLUG, "alive", at(NOON))
    assert [(case.id, case.heard) for case in found.cases] == [
        ("earlier", at("2025-10-31 10:30")),
        ("early", at("2025-10-31 11:00")),
    ]
    assert (found.total, found.never_heard) == (2, 2)


def test_what_was_withdrawn_is_listed_and_no_more_among_the_silent() -> None:
    topics = Topics(2)
    for camera in ("silent", "gone"):
        data = {"camera": camera, "unit": "7900"}
        topics.send(SUBSYSTEM, "camera.heard", moment("2025-10-31 11:00"), data)
    topics.send(SUBSYSTEM, "camera.withdrawn", moment("2025-10-31 11:30"), {"camera": "gone"})
    book = consumed(topics)
    assert ids(find(book, SLUG, "alive", at(NOON))) == ["silent"]
    (gone,) = find(book, SLUG, "out_of_service", at(NOON)).cases
    assert (gone.id, gone.heard, gone.withdrawn) == ("gone", None, at("2025-10-31 11:30"))
    assert dict(gone.labels)["unit"] == "7900"


def test_entities_stored_by_another_catalogue_are_read_by_its_own_schema() -> None:
    fewer = {name: spec for name, spec in KPIS.items() if "topic" not in str(spec.get("by")) and name != "oldest"}
    former = compile_plan(catalogue_of(workshop(kpis=fewer)))
    topics = Topics(2)
    opened(topics, "a", "7900", "2025-10-31 11:00")
    store = FollowedStore(former)
    engine = Engine(former, 2, store)
    engine.consume(topics.records)
    engine.checkpoint()
    assert ids(find(compacted_book(store, PLAN), SLUG, "open", at(NOON), {"unit": "7900"})) == ["a"]


def test_no_kpi_with_cases_could_show_personal_data() -> None:
    plan = packaged_plan()
    shown = {
        (slug, field)
        for slug, own in plan.subsystems.items()
        for fact in own.facts.values()
        if not isinstance(fact.what, Happened)
        for field in (*fact.fields, *(entity.id for entity in own.subsystem.entities.values()))
        if not is_computed(field)
    }
    assert shown
    assert [each for each in shown if plan.subsystems[each[0]].subsystem.fields[each[1]].personal] == []
