"""The accounts of an installation without a provider: the file that ``IOC_PEOPLE_ACCOUNTS`` names.

It holds hashes, never what they are of: of passwords Argon2id (RFC 9106), of tokens, which are 256 random bits, plain
SHA-256, as nobody can guess them and each request shows one.
"""

import hashlib
import hmac
import io
import logging
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import AfterValidator, Field
from ruamel.yaml import YAML

from ioc.catalogue.faults import Fault
from ioc.catalogue.source import Source
from streams.settings.secrets.private_files import write_private
from streams.settings.yaml_file import Written, YamlFile, YamlFileError
from streams.web.people.person import Person
from streams.web.people.roles import Role

_log = logging.getLogger(__name__)

SHORTEST_PASSWORD = 12
TOKEN_PREFIX = "iocp_"  # noqa: S105 (so that scanners of repositories find a leaked token)

# OWASP's first choice with less memory than RFC 9106's: two at a time must not fill a small container.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_ABSENT = _HASHER.hash(secrets.token_hex(16))
"""What is tried where there is no such account: the answer takes as long."""


def _role(name: str) -> str:
    return str(Role.named(name))


def _argon2(text: str) -> str:
    try:
        _HASHER.check_needs_rehash(text)
    except InvalidHashError:
        raise ValueError("it is no hash of Argon2: `ioc accounts set` writes one") from None
    return text


class Account(Written):
    """One person."""

    name: str = Field(min_length=1, max_length=80)
    """As colleagues read it."""
    role: Annotated[str, AfterValidator(_role)]
    password: Annotated[str, AfterValidator(_argon2)] | None = None
    """Argon2id of the password that opens the pages; None: the pages are closed to it."""
    tokens_sha256: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default_factory=list)
    """SHA-256 of its tokens, for `ioc alerts` and other programs of its person."""


AccountName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class Accounts(Written):
    """The whole file."""

    accounts: dict[AccountName, Account] = Field(default_factory=dict)

    def person(self, name: str) -> Person:
        account = self.accounts[name]
        return Person(name, account.name, Role.named(account.role))

    def of_password(self, name: str, password: str) -> Person | None:
        """The person with this password; None where there is none. Takes as long for every name; blocking."""
        account = self.accounts.get(name)
        known = account.password if account is not None else None
        try:
            _HASHER.verify(known or _ABSENT, password)
        except VerificationError:
            return None
        return None if known is None else self.person(name)

    def of_token(self, token: str) -> Person | None:
        """The person with this token; None where there is none. Takes the same time for all tokens."""
        shown, found = hash_of_token(token), None
        for name, account in self.accounts.items():
            for known in account.tokens_sha256:
                if hmac.compare_digest(shown, known):
                    found = name
        return None if found is None else self.person(found)


_FILE = YamlFile(
    Accounts,
    {
        "extra_forbidden": "remove it; an account has name, role, password and tokens_sha256",
        "missing": "add it; `ioc accounts set` writes an account",
        "string_pattern_mismatch": "accounts: small letters, digits and . _ -; tokens: 64 hexadecimal digits",
    },
    page="docs/security.md",
)


def load_accounts(file: Path | None) -> Accounts:
    """Read the file; None for none. Raises YamlFileError, which names line, field and fix of every fault."""
    return Accounts() if file is None else _FILE.read(file, _none)


def _none(_: Accounts, __: Source) -> Iterable[Fault]:
    return ()


def write_accounts(file: Path, accounts: Mapping[str, Account]) -> None:
    """Write the file anew, in its place, as docker compose mounts the very file. Raises YamlFileError, OSError."""
    made = Accounts(accounts=dict(accounts))
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.allow_unicode = False, True
    yaml.dump(made.model_dump(exclude_defaults=True), text)
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(file, b"")
        # In a folder that is closed to others each file is for the one container that it is mounted into.
        if file.parent.stat().st_mode & 0o077 == 0:
            file.chmod(0o644)
    file.write_text(text.getvalue(), encoding="utf-8")


class AccountsFile:
    """The accounts as their file has them now: who is removed is out at once."""

    def __init__(self, file: Path | None) -> None:
        """Read the file; None for none. Raises YamlFileError."""
        self._file = file
        self._stamp = self._stamped()
        self._accounts = load_accounts(file)

    @property
    def current(self) -> Accounts:
        """What the file says; if that cannot be read, what it said last."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._accounts = load_accounts(self._file)
                _log.info("%s: read anew, %d accounts", self._file, len(self._accounts.accounts))
            except (YamlFileError, OSError) as error:
                _log.error("the accounts stay as they were: %s", error)
        return self._accounts

    def _stamped(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def hash_of_password(password: str) -> str:
    """What the file keeps of a password. Raises ValueError where that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")
    return _HASHER.hash(password)


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_of_token(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
