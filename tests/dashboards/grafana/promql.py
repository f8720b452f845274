"""What a PromQL expression reads: for tests of dashboards."""

from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    MatrixSelector,
    ParenExpr,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
)

_VARIABLES = {"$__rate_interval": "1m", "$__interval": "1m", "$__range": "1h"} | {
    "$unit": "4792",
    "$ago": "7d",
    "$window": "7d",
    "$level": "commune",
    "${kpi:raw}": 'subsystem="public_services",kpi="overdue_share"',
}


def parse(expr: str) -> Any:
    """The syntax tree, Grafana's variables filled in. Raises ValueError."""
    return promql_parser.parse(filled(expr))


def filled(expr: str) -> str:
    """With a value for each of Grafana's variables."""
    for name, value in _VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def nodes(tree: Any) -> Iterator[Any]:
    """A tree's nodes, the root first."""
    yield tree
    match tree:
        case BinaryExpr():
            children = [tree.lhs, tree.rhs]
        case AggregateExpr():
            children = [tree.expr, *([tree.param] if tree.param else [])]
        case Call():
            children = list(tree.args)
        case MatrixSelector():
            children = [tree.vector_selector]
        case ParenExpr() | SubqueryExpr() | UnaryExpr():
            children = [tree.expr]
        case _:
            children = []
    for child in children:
        yield from nodes(child)


def unknown(expr: str, exported: Mapping[str, set[str]]) -> list[str]:
    """The metrics and labels of an expression that nothing exports; labels of targets are always there."""
    tree = parse(expr)
    faults = []
    read: set[str] = {"instance", "job"}
    for node in nodes(tree):
        if isinstance(node, VectorSelector):
            if node.name is None or node.name not in exported:
                faults.append(f"metric {node.name}")
                continue
            read |= exported[node.name]
            matched = {matcher.name for matcher in node.matchers.matchers}
            faults += [f"label {label} of {node.name}" for label in matched - exported[node.name] - {"instance", "job"}]
        if isinstance(node, Call) and node.func.name in ("label_replace", "label_join"):
            read.add(node.args[1].val)
    for node in nodes(tree):
        faults += [f"label {label}" for label in sorted(_grouped(node) - read)]
    return faults


def _grouped(node: Any) -> set[str]:
    """The labels that a node groups or matches by."""
    modifier = getattr(node, "modifier", None)
    if modifier is None:
        return set()
    labels = modifier.labels if isinstance(node, AggregateExpr) else modifier.matching and modifier.matching.labels
    return set(labels or ()) - {"le"}
