"""Secrets, and files of their own for them, as docker compose and systemd mount them: the first line is the secret."""

from pathlib import Path

from pydantic import SecretStr

_MARK = "\ufeff"
"""The byte order mark that some editors write before a text."""


class SecretError(ValueError):
    """A file that should hold a secret and holds none; the message names it and what to do."""


def sound_secret(secret: SecretStr) -> SecretStr:
    """A secret without the spaces and the mark that editors leave around it.

    Raises ValueError where nothing is left, which would mean that none is asked for, or where it has characters that
    nobody sees: whoever types it does not have them.
    """
    text = secret.get_secret_value().removeprefix(_MARK).strip()
    if not text:
        raise ValueError("it is empty")
    if hidden := next((character for character in text if not character.isprintable()), None):
        raise ValueError(f"it has the character U+{ord(hidden):04X}, which nobody sees: write it anew, as UTF-8")
    return SecretStr(text)


def first_line(file: Path) -> SecretStr:
    """The secret in a file. Raises SecretError where it cannot be read or is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretError(f"the secret {file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise SecretError(f"the secret {file} is not in UTF-8: write it anew, as UTF-8") from None
    try:
        return sound_secret(SecretStr(text.partition("\n")[0]))
    except ValueError as error:
        raise SecretError(f"the secret {file}, its first line: {error}") from None


SHORTEST = 16
"""Characters of a secret that machines show each other."""


def not_short(secret: SecretStr) -> SecretStr:
    """A secret that is no word to guess. Raises ValueError where it is short."""
    if len(secret.get_secret_value()) < SHORTEST:
        raise ValueError(f"it has fewer than {SHORTEST} characters: make one by `openssl rand -hex 24`")
    return secret


def long_secret(file: Path) -> SecretStr:
    """The secret in a file that machines show each other. Raises SecretError where it cannot be read, or is short."""
    secret = first_line(file)
    try:
        return not_short(secret)
    except ValueError as error:
        raise SecretError(f"the secret {file}, its first line: {error}") from None


def secret_of(file: Path | None, value: SecretStr | None) -> SecretStr | None:
    """A secret that can be set in a file or as it is; the file wins. Raises SecretError."""
    return value if file is None else first_line(file)
