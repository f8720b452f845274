"""Whom to tell that a message does not arrive: somebody whom another channel reaches."""

from collections.abc import Iterable, Iterator, Sequence

from ioc.notices.notice import Undelivered
from streams.relay.contacts import Contacts, address_of
from streams.relay.store import Failing

Place = tuple[str, str]
"""A contact, and which of its addresses."""


def elsewhere(contacts: Contacts, chain: Iterable[str], failing: Place, down: set[Place]) -> Place | None:
    """The address to report to; None where none is left.

    By another channel before another address of the same one; the same contact before the next ones of the chain, and
    these before all others. ``down`` are addresses that take nothing now.
    """
    contact, address = failing
    order = list(dict.fromkeys([contact, *chain, *contacts.contacts]))
    usable = [place for place in _addresses(contacts, order) if place != failing and place not in down]
    channel = _channel(address)
    return next((place for place in usable if _channel(place[1]) != channel), next(iter(usable), None))


def summed_up(contacts: Contacts, group: Sequence[Failing]) -> Undelivered:
    """Messages that do not reach the same address, in one."""
    first, last = group[0], group[-1]
    contact = contacts.contacts.get(first.contact)
    return Undelivered(
        first.contact if contact is None else contact.name,
        first.channel,
        last.error,
        min(each.created_at for each in group),
        all(each.refused for each in group),
    )


def _addresses(contacts: Contacts, order: Iterable[str]) -> Iterator[Place]:
    for slug in order:
        if slug in contacts.contacts:
            for number, address in enumerate(contacts.contacts[slug].channels):
                yield slug, address_of(number, address)


def _channel(address: str) -> str:
    return address.rpartition("-")[0]
