"""The local stack: Kafka, Prometheus, Alertmanager, Grafana and our own processes, all children of this process."""

from streams.stack.cache import SetupError
from streams.stack.children import Child, ChildFailed, Children
from streams.stack.kafka import Kafka
from streams.stack.service import Service
from streams.stack.stack import Stack, StackStep, StepState

__all__ = ["Child", "ChildFailed", "Children", "Kafka", "Service", "SetupError", "Stack", "StackStep", "StepState"]
