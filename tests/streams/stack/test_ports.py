import socket

import pytest

from streams.stack.cache import SetupError
from streams.stack.ports import free_port, free_ports, is_listening, require_free


def test_free_ports_differ_and_can_be_bound_together() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    sockets = [socket.create_server(("127.0.0.1", port)) for port in ports]
    for server in sockets:
        server.close()


def test_port_counts_as_listening_only_while_it_does() -> None:
    port = free_port()
    assert not is_listening(port)
    with socket.create_server(("127.0.0.1", port)):
        assert is_listening(port)
    assert not is_listening(port)


def test_a_port_is_free_again_once_its_server_is_gone_whatever_connections_linger() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SetupError, match=f"Prometheus cannot listen on 127.0.0.1:{port}: .* or ask"):
            require_free(port, "Prometheus", "ask")
        client = socket.create_connection(("127.0.0.1", port))
        server.accept()[0].close()
    client.close()
    require_free(port, "Prometheus", "ask")
