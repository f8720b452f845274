"""The reference of mappings: a page with every key, its default and its meaning, and an example of each part."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ioc.events.mappings import model

PATH = "docs/reference/mapping.md"


class Section(NamedTuple):
    """A part of a mapping on the page."""

    title: str
    model: type[BaseModel]
    example: str
    """YAML in which each of its keys stands at least once; parts that exclude each other are items of a list."""


SECTIONS = (
    Section("The mapping", model.Mapping, """\
mapping: requests
subsystem: citizen_feedback
description: Requests as the case system exports them, one a row
units: units/towns.yaml
reads: {delimiter: ";"}
prepare: SELECT * FROM rows WHERE kind = 'request' ORDER BY received
times: {received: {column: received, zone: Asia/Ho_Chi_Minh}, closed: {column: closed, zone: Asia/Ho_Chi_Minh}}
refuse: [{name: closed_before_it_came, when: [{time: closed, before: received}]}]
warn: [{name: no_agency, when: [{column: agency, present: false}]}]
events:
  - event: request.resolved
    time: closed
    when: [{column: closed, present: true}]
    data: {service_request_id: id}
"""),
    Section("How the file is written: `reads`", model.Reads, """\
format: csv
encoding: windows-1258
delimiter: tab
skip_rows: 3
sheet: Hồ sơ
missing: ["", NA, "-"]
"""),
    Section("Moments: `times`", model.Instant, """\
- {column: received, format: "%d/%m/%Y %H:%M", zone: Asia/Ho_Chi_Minh, optional: true}
- {join: [day, hour], with: " ", format: day_first, zone: Asia/Ho_Chi_Minh}
- {constant: "2025-07-01T00:00:00+07:00"}
- {from: received, plus: [{column: wait, in: minutes}], not_before: received}
"""),
    Section("An amount of time: `plus`", model.Shift, """\
- {column: wait, in: minutes, min: 0, max: 720}
- {amount: 12, in: hours}
"""),
    Section("Events: `events`", model.EventMapping, """\
event: request.received
time: received
when: [{column: kind, one_of: [request]}]
data: {service_request_id: id, service_code: {column: field, table: {"Đất*": land, "*": other}}}
"""),
    Section("A condition on a column: `when`", model.Condition, """\
- {column: kind, one_of: [request, complaint]}
- {column: kind, none_of: [test]}
- {column: closed, present: true, optional: true}
"""),
    Section("A condition on two times: `when`", model.Earlier, """\
{time: closed, before: received}
"""),
    Section("Rules about rows: `refuse` and `warn`", model.Rule, """\
name: closed_before_it_came
when: [{time: closed, before: received}]
"""),
    Section("A field from a column: `data`", model.FileColumn, """\
- {column: agency, optional: true, empty: so_y_te, table: {Sở Y tế: so_y_te, "Sở X*": so_xay_dung}}
- {column: co, factor: 1000, decimal: ","}
"""),
    Section("A field from several columns: `data`", model.Join, """\
{join: [site, {column: instrument, width: 4}], with: "/", optional: true}
"""),
    Section("A column filled up with zeros: `join`", model.Padded, """\
{column: instrument, width: 4}
"""),
    Section("A field that is always the same: `data`", model.Constant, """\
{constant: ug_m3}
"""),
    Section("A field of type time: `data`", model.Timestamp, """\
{time: due}
"""),
    Section("A field from a part of a time: `data`", model.Part, """\
{part: hour, of: received, zone: Asia/Ho_Chi_Minh}
"""),
)  # fmt: skip

_HEAD = """\
<!-- generated from the mappings' model by `ioc render`: do not edit -->
# Mappings

A mapping is a YAML file that says how the rows of a file become events; [Bring your data](../howto/data.md) says how it
is used, and `ioc check MAPPING` finds what is wrong with one. A column's name alone is short for `{column: …}`. What no
key says, a query in `prepare` does. In the examples a list shows several ways to write the part.
"""


def mapping_page() -> str:
    """The page in Markdown."""
    return _HEAD + "".join(_section(section) for section in SECTIONS)


def _section(section: Section) -> str:
    said = " ".join((section.model.__doc__ or "").replace("``", "`").split())
    properties = section.model.model_json_schema()["properties"]
    rows = "".join(_row(name, field, properties) for name, field in section.model.model_fields.items())
    table = f"| Key | Default | Meaning |\n|---|---|---|\n{rows}"
    return f"\n## {section.title}\n\n{said}\n\n```yaml\n{section.example}```\n\n{table}"


def _row(name: str, field: FieldInfo, properties: Mapping[str, Any]) -> str:
    key = field.alias or name
    meaning = [(field.description or "").replace("``", "`"), *_choices(properties[key])]
    cells = (f"`{key}`", _default(field), " ".join(" ".join(meaning).split()).replace("|", "\\|"))
    return f"| {' | '.join(cells)} |\n"


def _choices(schema: Mapping[str, Any]) -> Iterator[str]:
    """The only values that may be written, where there are such."""
    for each in schema.get("anyOf", [schema]):
        if "enum" in each:
            yield f"One of {', '.join(f'`{value}`' for value in each['enum'])}."


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be there"
    default = field.get_default(call_default_factory=True)
    match default:
        case None | [] | "" | BaseModel():
            return ""
        case bool():
            return f"`{str(default).lower()}`"
        case list():
            return ", ".join(f"`{value}`" if value else "nothing" for value in default)
        case float():
            return f"`{default:g}`"
        case _:
            return f"`{default}`" if str(default).strip() else "a space"
