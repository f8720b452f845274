"""The reference of the settings: a page with every variable, its type, default, meaning, and who reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from streams.settings.listener import Part
from streams.settings.settings import Settings, Variable, variables

PATH = "docs/reference/settings.md"

_KAFKA = ("worker", "exporter", "cases", "gateway", "commands")
_CATALOGUE = ("worker", "exporter", "cases", "gateway", "relay", "wall", "commands")
_TOPICS = ("worker", "commands")
READ_BY: Mapping[str, tuple[str, ...]] = {
    "bootstrap_servers": _KAFKA,
    "topic_prefix": (*_KAFKA, "relay"),
    "source_prefix": _KAFKA,
    "partitions": _TOPICS,
    "replication_factor": _TOPICS,
    "retention_days": _TOPICS,
    "lifecycle_retention_days": _TOPICS,
    "topic_bytes": _TOPICS,
    "feed_bytes_per_second": ("commands",),
    "loss_accepted_before": ("exporter",),
    "checkpoint_interval": ("worker",),
    "security_protocol": _KAFKA,
    "sasl_mechanism": _KAFKA,
    "sasl_username": _KAFKA,
    "sasl_password": _KAFKA,
    "sasl_password_file": _KAFKA,
    "ca_file": _KAFKA,
    "cert_file": _KAFKA,
    "key_file": _KAFKA,
    "catalogue": _CATALOGUE,
    "subsystems": _CATALOGUE,
    "units": _CATALOGUE,
    "boundaries": ("commands",),
    "clock": ("exporter", "cases", "commands"),
    "simulated": ("exporter", "cases", "relay", "commands"),
    "log_format": ("worker", "exporter", "cases", "relay", "wall", "gateway"),
    "worker_session_timeout": ("worker",),
    "worker_instance_id": ("worker",),
    "worker_metrics": ("worker",),
    "exporter": ("exporter",),
    "cases": ("cases",),
    "relay": ("relay",),
    "relay.url": ("relay", "commands"),
    "relay.token": ("commands",),
    "relay.token_file": ("commands",),
    "relay_machines": ("relay",),
    "people": ("relay", "cases"),
    "people.accounts": ("relay", "cases", "commands"),
    "relay.database": ("relay", "commands"),
    "relay.runbooks_url": ("relay", "commands"),
    "wall": ("wall",),
    "gateway": ("gateway",),
    "grafana": ("commands",),
    "grafana.url": ("relay", "wall", "commands"),
    "prometheus_url": ("relay", "wall", "commands"),
    "alertmanager_url": ("relay",),
    "prometheus_user": ("relay", "commands"),
    "prometheus_password_file": ("relay", "commands"),
    "alertmanager_user": ("relay",),
    "alertmanager_password_file": ("relay",),
    "hash_key": ("gateway", "commands"),
    "hash_key_file": ("gateway", "commands"),
}
"""The processes that read a setting, or all of a part but what is named; commands are those that end by themselves."""

_HEAD = """\
<!-- generated from the settings by `ioc render`: do not edit -->
# Settings

Each is a variable of the environment, or a line of the file that `ioc --env-file FILE` names; variables win. Nothing
starts with a value that cannot work, a name that is nearly one of these, or one that is set and empty. What has no
default need not be set. Secrets are better in a file of their own, whose first line is taken without the spaces around
it. Commands are `ioc` where it ends by itself.
"""
_COLUMNS = "\n| Variable | Type | Default | Meaning | Read by |\n|---|---|---|---|---|\n"
_FORMATS = {
    "file-path": "file",
    "directory-path": "folder",
    "path": "path",
    "password": "secret",
    "uri": "address",
    "date-time": "date and time with its zone",
    "time": "time of day",
}


def settings_page() -> str:
    """The page in Markdown. It is made of the settings' definitions: no value of this machine is in it."""
    schema = Settings.model_json_schema()
    sections: dict[type[Part] | None, list[str]] = {}
    for variable in variables():
        row = _row(variable, _schema_of(variable, schema), schema["$defs"])
        sections.setdefault(variable.part, []).append(row)
    return _HEAD + "".join(_heading(part) + _COLUMNS + "".join(rows) for part, rows in sections.items())


def _heading(part: type[Part] | None) -> str:
    if part is None:
        return "\n## The installation\n"
    title, said = part.variables.removeprefix("IOC_").strip("_").replace("_", " ").capitalize(), part.__doc__ or ""
    return f"\n## {title}\n\n{' '.join(said.split())}\n"


def _schema_of(variable: Variable, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    own = schema if variable.part is None else schema["$defs"][variable.part.__name__]
    found: Mapping[str, Any] = own["properties"][variable.field.validation_alias or variable.attribute]
    return found


def _row(variable: Variable, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    meaning = variable.field.description
    if meaning is None and variable.part is not None:
        meaning = _inherited(variable)
    cells = (
        f"`{variable.name}`",
        ", ".join(_type(schema, definitions)),
        _default(schema.get("default")),
        " ".join((meaning or "").replace("``", "`").split()),
        ", ".join(readers_of(variable)),
    )
    return f"| {' | '.join(cells)} |\n"


def readers_of(variable: Variable) -> tuple[str, ...]:
    """The processes that read a variable."""
    if variable.part is None:
        return READ_BY[variable.attribute]
    part = next(name for name, field in Settings.model_fields.items() if field.annotation is variable.part)
    return READ_BY.get(f"{part}.{variable.attribute}") or READ_BY[part]


def _inherited(variable: Variable) -> str | None:
    """What is said of a field where it is defined."""
    assert variable.part is not None
    kinds = (kind for kind in variable.part.__mro__ if issubclass(kind, Part))
    fields = (kind.model_fields.get(variable.attribute) for kind in kinds)
    return next((field.description for field in fields if field is not None and field.description is not None), None)


def _type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    """What may be written, and its limits."""
    for each in schema.get("anyOf", [schema]):
        if "$ref" in each:
            yield from _type(definitions[each["$ref"].rpartition("/")[2]], definitions)
        elif "enum" in each:
            yield "one of " + ", ".join(f"`{value}`" for value in each["enum"])
        elif each.get("type") != "null":
            yield _FORMATS.get(each.get("format", "")) or _plain(each)
            yield from _limits(each)


def _plain(schema: Mapping[str, Any]) -> str:
    return {"integer": "whole number", "number": "number", "boolean": "`true` or `false`"}.get(schema["type"], "text")


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    if "minimum" in schema:
        yield f"at least {schema['minimum']}"
    if "exclusiveMinimum" in schema:
        yield f"above {schema['exclusiveMinimum']}"
    if "maximum" in schema:
        yield f"at most {schema['maximum']}"
    if "pattern" in schema:
        yield f"of the form `{schema['pattern']}`"


def _default(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{str(value).removesuffix('/')}`"
