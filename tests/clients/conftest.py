"""A gateway with its broker, for clients that are processes of their own."""

from tests.streams.gateway.conftest import client, running, settings

__all__ = ["client", "running", "settings"]
