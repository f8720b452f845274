"""The reference of the settings has every variable, says who reads it, and tells no value of this machine."""

import re
from pathlib import Path

import pytest

from streams.settings.reference import readers_of, settings_page
from streams.settings.settings import Variable, variables

STREAMS = Path(__file__).parents[3] / "streams"
PROCESSES = {"worker", "exporter", "cases", "gateway", "relay", "wall"}
KAFKA = [
    "bootstrap_servers",
    "security_protocol",
    "sasl_mechanism",
    "sasl_username",
    "ca_file",
    "cert_file",
    "key_file",
]
BEHIND = {"kafka_options": KAFKA, "names": ["topic_prefix"], "pseudonyms": ["hash_key", "hash_key_file"]}
"""The variables behind properties of the settings that are none themselves."""


def rows() -> dict[str, list[str]]:
    """The cells of each variable's row."""
    cells = [re.split(r"(?<!\\) \| ", line.strip("| \n")) for line in settings_page().splitlines() if "| `IOC_" in line]
    return {row[0].strip("`"): row[1:] for row in cells}


@pytest.mark.parametrize("variable", list(variables()), ids=lambda variable: variable.name)
def test_every_variable_has_its_type_default_meaning_and_readers(variable: Variable) -> None:
    kind, default, meaning, readers = rows()[variable.name]
    assert kind
    assert default
    assert meaning.endswith(".")
    assert set(readers.split(", ")) <= PROCESSES | {"commands"}


def test_what_a_process_reads_by_its_own_code_names_it_as_a_reader() -> None:
    readers = {variable.attribute: readers_of(variable) for variable in variables() if variable.part is None}
    missing = [
        (process, attribute)
        for process in PROCESSES
        for file in (STREAMS / process).glob("*.py")
        for read in re.findall(r"settings\.(\w+)", file.read_text())
        for attribute in BEHIND.get(read, [read])
        if process not in readers.get(attribute, (process,))
    ]
    assert missing == []


def test_types_say_what_may_be_written() -> None:
    found = {name: row[0] for name, row in rows().items()}
    assert found["IOC_PARTITIONS"] == "whole number, at least 1, at most 1000"
    assert found["IOC_CLOCK"] == "one of `wall`, `event`"
    assert found["IOC_RELAY_TOKEN"] == "secret"
    assert found["IOC_CATALOGUE"] == "folder"
    assert found["IOC_CHECKPOINT_INTERVAL"] == "number, above 0"


def test_no_value_of_this_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings_page()
    monkeypatch.setenv("IOC_RELAY_TOKEN", "s3cret")
    monkeypatch.setenv("IOC_PARTITIONS", "7")
    assert settings_page() == before
