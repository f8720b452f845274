"""A file of contacts that cannot be used says where and why."""

from pathlib import Path

import pytest

from streams.relay.contacts import load_contacts
from streams.settings.yaml_file import YamlFileError
from tests.ioc.notices.samples import alert

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
    assert contacts.chain(alert(subsystem="health")) == ["minh", "lan"]
    assert contacts.chain(alert(subsystem="tourism")) == ["lan"]


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
    ],
)
def test_a_fault_names_line_field_and_fix(file: Path, change: tuple[str, str], told: str) -> None:
    assert change[0] in GOOD
    file.write_text(GOOD.replace(*change))
    with pytest.raises(YamlFileError) as error:
        load_contacts(file)
    assert told in str(error.value)
    assert str(file) in str(error.value)
