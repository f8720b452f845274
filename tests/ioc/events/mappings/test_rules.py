"""Rules of a mapping about its rows: what is refused, and what is sent and told of."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, MappingError, RowFault, read_mapping

ALERTS = """
mapping: alerts
subsystem: cybersecurity
times: {opened: {column: opened}, closed: {column: closed}}
refuse:
  - name: closed_before_opened
    when: [{time: closed, before: opened}]
  - name: test_data
    when: [{column: kind, one_of: [test, demo]}, {column: closed, present: true}]
warn:
  - name: no_level
    when: [{column: level, present: false}]
events:
  - event: alert.opened
    time: opened
    when: [{column: kind, none_of: [note]}]
    data: {alert: id, level: {column: level, empty: low}, category: {constant: other}}
  - event: alert.closed
    time: closed
    when: [{time: opened, before: closed}]
    data: {alert: id}
"""
ROW = {"id": "a1", "opened": "2025-07-24T04:00:00Z", "closed": "2025-07-24T05:00:00Z", "level": "high", "kind": ""}
Compile = Callable[[str], Mapper]


@pytest.fixture
def compiled(tmp_path: Path, catalogue: Catalogue) -> Compile:
    def compile_text(text: str) -> Mapper:
        file = tmp_path / "alerts.yaml"
        file.write_text(text, encoding="utf-8")
        return Mapper(read_mapping(file), catalogue)

    return compile_text


def test_row_that_keeps_the_rules_sends_its_events(compiled: Compile) -> None:
    assert [event.event for event in compiled(ALERTS).events(ROW)] == ["alert.opened", "alert.closed"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"closed": "2025-07-24T03:59:59Z"}, "closed_before_opened"),
        ({"closed": "2025-07-24T10:59:59+07:00"}, "closed_before_opened"),
        ({"kind": "test"}, "test_data"),
    ],
)
def test_row_is_refused_under_the_name_of_its_rule(compiled: Compile, row: dict[str, str], reason: str) -> None:
    with pytest.raises(RowFault, match=f"the mapping refuses such rows by its rule `{reason}`") as refused:
        compiled(ALERTS).events(ROW | row)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("row", "events"),
    [
        ({"closed": ""}, ["alert.opened"]),
        ({"closed": "2025-07-24T04:00:00Z"}, ["alert.opened"]),
        ({"kind": "test", "closed": ""}, ["alert.opened"]),
        ({"kind": "note"}, ["alert.closed"]),
    ],
)
def test_a_time_that_is_not_there_or_the_same_is_not_before_another(
    compiled: Compile, row: dict[str, str], events: list[str]
) -> None:
    assert [event.event for event in compiled(ALERTS).events(ROW | row)] == events


def test_row_with_a_warning_is_sent(compiled: Compile) -> None:
    mapper = compiled(ALERTS)
    assert mapper.warnings(ROW) == []
    assert mapper.warnings(ROW | {"level": ""}) == ["no_level"]
    assert len(mapper.events(ROW | {"level": ""})) == 2


def test_what_a_row_has_is_told_by_the_columns_that_are_asked_for(compiled: Compile) -> None:
    asked = compiled(ALERTS.replace("[{column: kind, none_of: [note]}]", "&when [{column: kind, none_of: [note]}]"))
    assert asked.asked_of(ROW | {"kind": "note"}) == "`kind` 'note'"
    assert asked.asked_of(ROW) == "`kind` empty"
    present = compiled(ALERTS.replace("none_of: [note]", "present: true"))
    assert present.asked_of(ROW | {"kind": "anything"}) == "`kind` given"


def test_columns_of_rules_are_read(compiled: Compile) -> None:
    mapper = compiled(ALERTS.replace("column: kind, one_of: [test, demo]", "column: place, one_of: [test]"))
    assert mapper.columns["place"] is False


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "before: opened}]\n  - name: test",
            "before: open}]\n  - name: test",
            "7: refuse[0].when[0].before: there is no time `open` — did you mean `opened`?",
        ),
        (
            "time: closed, before",
            "tme: closed, before",
            "7: refuse[0].when[0]: it does not say what it asks of — write `column:`, or `time:` and `before:`",
        ),
        (
            "time: closed, before: opened}]\n  - name: test",
            "time: closed}]\n  - name: test",
            "7: refuse[0].when[0].before: `before` is missing — add `before:`",
        ),
        (
            "present: false}",
            "presnt: false}",
            "12: warn[0].when[0].presnt: unknown key `presnt` — did you mean `present`?",
        ),
        ("[{column: level, present: false}]", "[]", "12: warn[0].when: [] has the wrong type or size"),
        ("name: no_level", "nam: no_level", "11: warn[0].name: `name` is missing — add `name:`"),
        (
            "time: opened, before: closed",
            "time: opened, before: shut",
            "20: events[1].when[0].before: there is no time `shut`",
        ),
    ],
)
def test_fault_of_a_rule_names_file_line_key_and_fix(compiled: Compile, old: str, new: str, fault: str) -> None:
    assert ALERTS.count(old) == 1
    with pytest.raises(MappingError) as refused:
        compiled(ALERTS.replace(old, new))
    assert fault in str(refused.value)
