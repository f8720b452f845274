"""Secrets in files of their own, as docker compose and systemd mount them: the first line is the secret."""

from pathlib import Path

from pydantic import SecretStr


class SecretError(ValueError):
    """A file that should hold a secret and holds none; the message names it and what to do."""


def first_line(file: Path) -> SecretStr:
    """The secret in a file. Raises SecretError where it cannot be read or is empty: none would mean none is asked."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"the secret {file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    secret = text.partition("\n")[0].strip()
    if not secret:
        raise SecretError(f"the secret {file} is empty: write it in its first line")
    return SecretStr(secret)


def secret_of(file: Path | None, value: SecretStr | None) -> SecretStr | None:
    """A secret that can be set in a file or as it is; the file wins. Raises SecretError."""
    return value if file is None else first_line(file)
