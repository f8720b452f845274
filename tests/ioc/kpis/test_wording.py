"""Formulas in words, as `ioc explain` and the reference show them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from ioc.text.bilingual import Text
from ioc.time.durations import Duration, parse_duration
from tests.ioc.kpis.fixed_view import kpi_of


@dataclass(frozen=True)
class Thing:
    """A field, an event and so on."""

    name: Text
    values: Mapping[str, Text] | None = None
    deadlines: "Mapping[str, Deadline]" = field(default_factory=dict)


@dataclass(frozen=True)
class Deadline:
    field: str | None = None
    after: Duration | None = None


@dataclass(frozen=True)
class Parking:
    """A subsystem's names."""

    fields: Mapping[str, Thing] = field(
        default_factory=lambda: {
            "lot": Thing(Text("Bãi", "Lot")),
            "paid": Thing(Text("Đã trả", "Paid")),
            "until": Thing(Text("Hạn", "Until")),
            "vehicle": Thing(Text("Xe", "Vehicle"), {"car": Text("Ô tô", "Car"), "bus": Text("Xe buýt", "Bus")}),
        }
    )
    events: Mapping[str, Thing] = field(
        default_factory=lambda: {
            "stay.ended": Thing(Text("Ra", "Ended")),
            "stay.noticed": Thing(Text("Nhắc", "Noticed")),
        }
    )
    entities: Mapping[str, Thing] = field(
        default_factory=lambda: {
            "stay": Thing(
                Text("Lượt gửi", "Stays"),
                deadlines={"main": Deadline(field="until"), "notice": Deadline(after=parse_duration("2wh"))},
            )
        }
    )
    presences: Mapping[str, Thing] = field(default_factory=dict)
    kpis: Mapping[str, Thing] = field(
        default_factory=lambda: {"ended": Thing(Text("Đã ra", "Ended")), "paid": Thing(Text("Đã trả", "Paid"))}
    )


def test_names_of_the_catalogue_stand_in_quotes_in_both_languages() -> None:
    ended = kpi_of("count", of=["stay.ended", "stay.noticed"])
    assert ended.in_words(Parking(), "en") == "number of «Ended» + «Noticed»"
    assert ended.in_words(Parking(), "vi") == "số «Ra» + «Nhắc»"


def test_conditions_follow_with_the_texts_of_codes_and_with_yes_or_no() -> None:
    cars = kpi_of("count", of=["stay.ended"], where={"vehicle": ["car", "bus"], "paid": False}, at_each="lot")
    assert cars.in_words(Parking(), "en") == "at each «Lot»: number of «Ended», «Paid» = no, «Vehicle» = Bus or Car"
    assert cars.in_words(Parking(), "vi").endswith(", «Đã trả» = không, «Xe» = Xe buýt hoặc Ô tô")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"@timeliness": ["early", "late"]}, "«Timeliness» = early or late"),
        ({"@phase": "running"}, "«Phase» = running"),
        ({"@passed:stay.noticed": True}, "passed «Noticed» = yes"),
    ],
)
def test_conditions_on_what_lifecycles_compute_have_words_too(condition: Mapping[str, object], words: str) -> None:
    kpi = kpi_of("count", of=["stay.ended"], where=condition)
    assert kpi.in_words(Parking(), "en") == f"number of «Ended», {words}"


@pytest.mark.parametrize(("deadline", "words"), [("main", "«Until»"), ("notice", "2wh from opening, of working time")])
def test_deadline_is_its_field_or_its_time_from_opening(deadline: str, words: str) -> None:
    overdue = kpi_of("overdue", entity="stay", deadline=deadline)
    assert overdue.in_words(Parking(), "en") == f"number of «Stays» open and past their deadline ({words})"


def test_sums_of_several_kpis_are_bracketed_in_a_ratio_and_nowhere_else() -> None:
    ratio = kpi_of("ratio", numerator=["paid"], denominator=["ended@total", "-paid"])
    assert ratio.in_words(Parking(), "en") == "«Paid» / («Ended»@total - «Paid»)"
    difference = kpi_of("difference", of=["-paid", "ended"], at_least=0)
    assert difference.in_words(Parking(), "en") == "- «Paid» + «Ended», at least 0"
