import socket

from streams.stack.ports import free_port, free_ports, is_listening


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
