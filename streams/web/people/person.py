"""A person as every server knows one."""

from dataclasses import dataclass

from streams.web.people.roles import Role


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has signed in, or shows a token of their own."""

    account: str
    """What tells people apart: the name of a local account, or the provider's subject behind ``oidc:``."""
    name: str
    """As colleagues read it."""
    role: Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, and from where; also who only tried to."""

    account: str
    name: str
    address: str
    """The client's; behind a reverse proxy that we run ``client via proxy``."""

    @classmethod
    def of(cls, person: Person, address: str) -> "Actor":
        return cls(person.account, person.name, address)
