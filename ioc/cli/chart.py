"""What the Helm chart is given of the catalogue: topics, Kafka users with their grants, routes of alerts."""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ruamel.yaml import YAML

from dashboards.alertmanager_config import alertmanager_config
from dashboards.yaml_text import dump
from ioc.catalogue.model import Catalogue
from ioc.catalogue.reach import telemetry_of
from streams.kafka.access import Grant, planned_grants, users
from streams.kafka.topics import planned_topics
from streams.settings.settings import Settings

PATH = "deploy/helm/ioc-monitor/files/catalogue.yaml"

_RESOURCES = {"TOPIC": "topic", "GROUP": "group", "CLUSTER": "cluster", "TRANSACTIONAL_ID": "transactionalId"}
"""Kafka's names of types, and those of Strimzi's KafkaUser."""
_MATCHER = re.compile(r'(?P<name>\w+)(?P<matchType>=~|!~|!=|=)"(?P<value>.*)"')


def chart_text(catalogue: Catalogue, settings: Settings) -> str:
    """The file of the chart that its templates make Kafka's and Alertmanager's resources of."""
    return dump(
        {
            "partitions": settings.partitions,
            "topics": _topics(catalogue, settings),
            "users": _users(catalogue, settings),
            "alertmanager": _camel(YAML(typ="safe", pure=True).load(alertmanager_config(catalogue, ""))),
        }
    )


def _topics(catalogue: Catalogue, settings: Settings) -> list[dict[str, Any]]:
    planned = planned_topics(settings, catalogue.subsystems, telemetry_of(catalogue.subsystems))
    return [{"name": topic.name, "config": topic.config} for topic in planned]


def _users(catalogue: Catalogue, settings: Settings) -> list[dict[str, Any]]:
    names, subsystems = settings.names, catalogue.subsystems
    granted = {
        user: list(grants) for user, grants in groupby(sorted(planned_grants(names, subsystems)), lambda g: g.user)
    }
    feeds = names.feed("")
    return [
        {
            "name": user,
            "acls": _acls(granted[user]),
            **({"bytesPerSecond": settings.feed_bytes_per_second} if user.startswith(feeds) else {}),
        }
        for user in users(names, subsystems)
    ]


def _acls(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    by_resource = groupby(grants, lambda grant: (grant.resource, grant.name, grant.prefixed))
    return [
        {
            "resource": {"type": _RESOURCES[resource]}
            | ({} if resource == "CLUSTER" else {"name": name, "patternType": "prefix" if prefixed else "literal"}),
            "operations": [grant.operation.title().replace("_", "") for grant in own],
            "host": "*",
        }
        for (resource, name, prefixed), own in by_resource
    ]


def _camel(config: Any) -> dict[str, Any]:
    """Alertmanager's configuration in the words of Prometheus Operator's AlertmanagerConfig, receivers by path."""
    return {
        "route": _route(config["route"]),
        "inhibitRules": [
            {
                "sourceMatch": [*map(_matcher, rule["source_matchers"])],
                "targetMatch": [*map(_matcher, rule["target_matchers"])],
                **({"equal": rule["equal"]} if "equal" in rule else {}),
            }
            for rule in config["inhibit_rules"]
        ],
        "receivers": [
            {"name": receiver["name"], "path": receiver["webhook_configs"][0]["url"].removeprefix("/")}
            for receiver in config["receivers"]
        ],
    }


def _route(route: dict[str, Any]) -> dict[str, Any]:
    words = {"group_by": "groupBy", "group_wait": "groupWait", "group_interval": "groupInterval"}
    words |= {"repeat_interval": "repeatInterval", "receiver": "receiver"}
    return {
        **{words[key]: value for key, value in route.items() if key in words},
        **({"matchers": [*map(_matcher, route["matchers"])]} if "matchers" in route else {}),
        **({"routes": [*map(_route, route["routes"])]} if "routes" in route else {}),
    }


def _matcher(text: str) -> dict[str, str]:
    if (found := _MATCHER.fullmatch(text)) is None:
        raise ValueError(f"no matcher of Alertmanager's: {text}")
    return found.groupdict()
