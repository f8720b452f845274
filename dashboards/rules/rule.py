"""Rules of Prometheus, as data and as a rule file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboards.yaml_text import dump
from ioc.notices.links import runbook_url
from ioc.text.bilingual import Text

RUNBOOK_ANNOTATION = "runbook_url"
"""Alertmanager, Grafana and their like link the annotation of this name."""


@dataclass(frozen=True)
class Recording:
    """A recording rule."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_data(self, _: str) -> dict[str, Any]:
        return {"record": self.record, "expr": self.expr, **({"labels": dict(self.labels)} if self.labels else {})}


@dataclass(frozen=True)
class AlertRule:
    """An alert rule; times in seconds."""

    alert: str
    expr: str
    hold: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    keep_firing: int = 0

    @property
    def title(self) -> Text:
        """Its summary without what that names of the one that fires."""
        return Text(*(self.annotations[f"summary_{language}"].partition(": {{")[0] for language in ("vi", "en")))

    def as_data(self, runbooks: str) -> dict[str, Any]:
        """``runbooks``: the address below which each alert's runbook has its name."""
        return {
            "alert": self.alert,
            "expr": self.expr,
            "for": f"{self.hold}s",
            **({"keep_firing_for": f"{self.keep_firing}s"} if self.keep_firing else {}),
            "labels": dict(self.labels),
            "annotations": {**self.annotations, RUNBOOK_ANNOTATION: runbook_url(runbooks, self.alert)},
        }


def rule_file(group: str, rules: Iterable[Recording | AlertRule], runbooks: str, interval: int | None = None) -> str:
    """A file of one group: its rules are evaluated one after the other and see what those before them recorded.

    Args:
        runbooks: the address below which each alert's runbook has its name.
        interval: in seconds; without it the configuration's holds.
    """
    every = {"interval": f"{interval}s"} if interval else {}
    return dump({"groups": [{"name": group, **every, "rules": [rule.as_data(runbooks) for rule in rules]}]})


def selector(metric: str, /, **labels: str) -> str:
    """``metric{name="value"}``; the labels are slugs and need no escapes."""
    matchers = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{matchers}}}"
