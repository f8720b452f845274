import logging

import pytest

from streams.kafka.log_noise import quieten_clients


def test_what_a_client_repeats_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    quieten_clients()
    clients = logging.getLogger("aiokafka")
    for node in range(5):
        clients.error("cannot reach node %d", node)
    clients.error("another matter")
    assert [record.getMessage() for record in caplog.records] == ["cannot reach node 0", "another matter"]
