"""Addresses of servers, as browsers and configurations take them."""


def address_of(scheme: str, host: str, port: int) -> str:
    """As in ``https://127.0.0.1:9464``; an address of IPv6 stands in brackets."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
