"""The reference of mappings: every key is on the page, with a meaning and an example that is one."""

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from ioc.events.mappings import model
from ioc.events.mappings.reference import SECTIONS, Section, mapping_page


def written(section: Section) -> list[dict[str, object]]:
    """What the example of a section says, each time that it says the part."""
    said = YAML(typ="safe").load(section.example)
    return said if isinstance(said, list) else [said]


def by_title(section: Section) -> str:
    return section.title


def parts(of: type[BaseModel]) -> set[type[BaseModel]]:
    """All parts of a mapping that its model names."""
    found = {of}
    for definition in of.model_json_schema().get("$defs", {}):
        found.add(getattr(model, definition))
    return found


def test_every_part_of_a_mapping_has_its_section() -> None:
    assert {section.model for section in SECTIONS} == parts(model.Mapping)


@pytest.mark.parametrize("section", SECTIONS, ids=by_title)
def test_example_is_a_sound_part_and_has_every_key(section: Section) -> None:
    said = written(section)
    for part in said:
        section.model.model_validate(part, strict=False)
    keys = {field.alias or name for name, field in section.model.model_fields.items()}
    assert {key for part in said for key in part} == keys


@pytest.mark.parametrize("section", SECTIONS, ids=by_title)
def test_every_key_has_a_meaning(section: Section) -> None:
    page = mapping_page()
    for name, field in section.model.model_fields.items():
        assert field.description, f"{section.model.__name__}.{name} has no docstring"
        assert f"| `{field.alias or name}` |" in page
