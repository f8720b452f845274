"""The chart's manifests against the definitions of the operators that read them, where a folder of those is at hand."""

import os
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from tests.project.chart import CHART, EVERYTHING, Manifest, committed, template

FOLDER = os.environ.get("IOC_CRDS")
needs_definitions = pytest.mark.skipif(
    not FOLDER, reason="IOC_CRDS names no folder with the operators' definitions: docs/howto/kubernetes.md says which"
)
OPERATORS = ("strimzi.io", "coreos.com", "keda.sh")

Schemas = dict[tuple[str, str], dict[str, Any]]
"""Of each apiVersion and kind the schema."""


class Constructor(SafeConstructor):
    """Reads a lone `=` as the text that the operators mean by it."""


Constructor.add_constructor("tag:yaml.org,2002:value", SafeConstructor.construct_yaml_str)


def schemas(definitions: list[Manifest]) -> Schemas:
    """Of CustomResourceDefinitions, as Kubernetes reads them: an unknown field would be dropped in silence."""
    return {
        (f"{each['spec']['group']}/{version['name']}", each["spec"]["names"]["kind"]): closed(
            version["schema"]["openAPIV3Schema"]
        )
        for each in definitions
        for version in each["spec"]["versions"]
    }


def closed(schema: Any) -> Any:
    """The same schema, in which an object takes no field that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items() if key != "properties"}
    if "properties" in schema:
        made["properties"] = {name: closed(each) for name, each in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    return made


def faults(manifest: Manifest, known: Schemas) -> list[str]:
    """What the operator would refuse or not see."""
    own = {key: value for key, value in manifest.items() if key != "metadata"}
    schema = known[manifest["apiVersion"], manifest["kind"]]
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(own)]


@needs_definitions
def test_every_resource_of_an_operator_is_valid_by_its_definition() -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    read = [each for path in sorted(Path(FOLDER or "").glob("*.yaml")) for each in yaml.load_all(path) if each]
    known = schemas([each for each in read if each["kind"] == "CustomResourceDefinition"])
    # Those of the catalogue's files are in no committed rendering.
    manifests = template(CHART, EVERYTHING) if shutil.which("helm") else committed()
    theirs = [each for each in manifests if each["apiVersion"].split("/")[0].endswith(OPERATORS)]
    assert {each["kind"] for each in theirs} >= {"Kafka", "KafkaNodePool", "Prometheus", "ScaledObject"}
    assert {
        f"{each['kind']} {each['metadata']['name']}": found for each in theirs if (found := faults(each, known))
    } == {}


def test_a_field_that_a_definition_does_not_name_is_a_fault() -> None:
    inner = {"type": "object", "properties": {"replicas": {"type": "integer"}, "any": {"type": "object"}}}
    version = {
        "name": "v1",
        "schema": {"openAPIV3Schema": {"properties": {"kind": {}, "apiVersion": {}, "spec": inner}}},
    }
    known = schemas([{"spec": {"group": "example.vn", "names": {"kind": "Thing"}, "versions": [version]}}])
    thing = {"apiVersion": "example.vn/v1", "kind": "Thing", "metadata": {"name": "a"}}
    assert faults({**thing, "spec": {"replicas": 3, "any": {"free": 1}}}, known) == []
    (unknown,) = faults({**thing, "spec": {"replica": 3}}, known)
    (mistyped,) = faults({**thing, "spec": {"replicas": "3"}}, known)
    assert "'replica' was unexpected" in unknown
    assert "$.spec.replicas" in mistyped
