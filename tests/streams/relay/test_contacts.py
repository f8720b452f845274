"""A file of contacts that cannot be used says where and why."""

from pathlib import Path

import pytest

from streams.relay.contacts import load_contacts
from streams.settings.yaml_file import YamlFileError
from tests.ioc.notices.samples import AT_FOUR, alert

GOOD = """\
senders:
  email: {host: mail.example.vn, sender: ioc@example.vn}
contacts:
  lan:
    name: Lan
    channels:
      - {type: email, to: lan@example.vn}
  minh:
    name: Minh
    channels:
      - {type: webhook, url: "http://127.0.0.1:1/x"}
chains:
  - {subsystems: [health], contacts: [minh, lan]}
  - {contacts: [lan]}
digest: [lan]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.yaml"


def test_the_first_chain_that_names_the_subsystem_is_taken(file: Path) -> None:
    file.write_text(GOOD)
    contacts = load_contacts(file)
    assert contacts.chain(alert(subsystem="health"), AT_FOUR) == ["minh", "lan"]
    assert contacts.chain(alert(subsystem="tourism"), AT_FOUR) == ["lan"]


ROSTER = """\
roster:
  - {from: "07:30", to: "19:30", contact: lan}
  - {from: "19:30", to: "07:30", contact: minh}
  - {from: "00:00", to: "00:00", contact: lan, dates: [2025-07-24]}
"""


def test_who_is_on_duty_in_a_chain_is_whoever_the_roster_has_at_that_moment(file: Path) -> None:
    file.write_text(GOOD.replace("contacts: [minh, lan]", "contacts: [on_duty, lan]") + ROSTER)
    contacts = load_contacts(file)
    told = [contacts.chain(alert(subsystem="health"), moment) for moment in (AT_FOUR, AT_FOUR + 86_400)]
    assert told == [["lan", "lan"], ["minh", "lan"]]


def test_a_file_without_a_roster_reads_as_before_there_were_any(file: Path) -> None:
    file.write_text(GOOD)
    assert "roster" not in load_contacts(file).parts()
    file.write_text(GOOD + ROSTER)
    assert {*load_contacts(file).parts()} == {
        "senders",
        "contacts.lan",
        "contacts.minh",
        "chains",
        "digest",
        "report",
        "roster",
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("digest: [lan]", "digest: [lna]"), ":15: digest[0]: `lna` is no contact — did you mean `lan`?"),
        (("contacts: [minh, lan]", "contacts: [minh, tu]"), ":13: chains[0].contacts[1]: `tu` is no contact"),
        (
            ("  email: {host: mail.example.vn, sender: ioc@example.vn}", "  {}"),
            ":7: contacts.lan.channels[0]: there is no sender for email",
        ),
        (
            ("sender: ioc@example.vn}", "sender: ioc@example.vn, username: ioc}"),
            "username and password_file go together",
        ),
        (("to: lan@example.vn", "to: lan"), ":7: contacts.lan.channels[0].to: "),
        (("type: email", "type: fax"), ":7: contacts.lan.channels[0]: "),
        (("name: Lan", "nmae: Lan"), ":5: contacts.lan.nmae: "),
        (("  - {contacts: [lan]}\n", ""), "the last chain must be for all: leave out its subsystems"),
        (("digest: [lan]", ""), "digest: Field required — add it"),
        (("contacts:\n  lan", "contacts: [\n  lan"), "this is no YAML"),
        (
            ("contacts: [minh, lan]", "contacts: [on_duty]"),
            ":13: chains[0].contacts[0]: there is no roster that says who",
        ),
        (("digest: [lan]", "digest: [on_duty]"), ":15: digest[0]: `on_duty` is no contact — `on_duty` is for chains"),
        (("  minh:", "  on_duty:"), ":8: contacts.on_duty: `on_duty` stands for whom the roster names"),
        (
            ("digest:", 'roster: [{from: "07:30", to: "19:30", contact: lan}]\ndigest:'),
            ":15: roster[0]: nobody is on duty from mon 19:30 to tue 07:30 — let it last until the next one begins",
        ),
        (
            ("digest:", 'roster: [{from: "07:30", to: "07:30", contact: tu}]\ndigest:'),
            ":15: roster[0].contact: `tu` is no contact",
        ),
        (
            ("digest:", 'roster: [{from: "7h30", to: "07:30", contact: lan}]\ndigest:'),
            ":15: roster[0].from: '7h30' is no time of day",
        ),
        (
            (
                "digest:",
                'roster: [{from: "07:30", to: "07:30", contact: lan, days: [mon], dates: [2026-02-17]}]\ndigest:',
            ),
            ":15: roster[0]: write days or dates, not both",
        ),
    ],
)
def test_a_fault_names_line_field_and_fix(file: Path, change: tuple[str, str], told: str) -> None:
    assert change[0] in GOOD
    file.write_text(GOOD.replace(*change))
    with pytest.raises(YamlFileError) as error:
        load_contacts(file)
    assert told in str(error.value)
    assert str(file) in str(error.value)
