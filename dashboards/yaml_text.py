"""Generated YAML files."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

HEADER = "# generated from the catalogue; change that, then run `ioc render`\n"


def dump(data: Any) -> str:
    """The text of a generated YAML file; texts of several lines stay readable."""
    yaml = YAML()
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(_readable(data), text)
    return HEADER + text.getvalue()


def _readable(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _readable(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_readable(value) for value in data]
    return LiteralScalarString(data) if isinstance(data, str) and "\n" in data else data
