"""Who is told of alerts is changed in a file: what changed of it is told in the trail by the next start."""

from pathlib import Path

import msgspec

from streams.relay.contacts import Contacts
from streams.relay.store import Store
from streams.web.people.person import Actor
from streams.web.people.trail import Act, Entry, tell

_DOCUMENT = "contacts"


def trail_contacts(store: Store, contacts: Contacts, file: Path, now: float) -> None:
    """Keep how the contacts read now, and tell what changed since they were kept last. Raises StoreError.

    Who wrote a file no program can know: the line says whose it is, and where.
    """
    new = contacts.parts()
    text = store.document(_DOCUMENT)
    former: dict[str, object] = {} if text is None else msgspec.json.decode(text)
    changed = [part for part in sorted({*former, *new}) if former.get(part) != new.get(part)]
    if not changed:
        return
    by = Actor(f"file owner {_owner(file)}", "", str(file))
    before, after = ({part: parts[part] for part in changed if part in parts} for parts in (former, new))
    entry = Entry(now, Act.CONTACTS_CHANGED, by, _DOCUMENT, before, after)
    with store as transaction:
        transaction.set_document(_DOCUMENT, msgspec.json.encode(new).decode())
        transaction.trail(entry)
    tell(entry)


def _owner(file: Path) -> str:
    try:
        return file.owner()
    except (KeyError, OSError):
        return str(file.stat().st_uid)
