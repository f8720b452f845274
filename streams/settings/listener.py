"""The settings that every web server has: where it listens, its certificate, the token that it asks for."""

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from streams.settings.secrets.first_line import long_secret
from streams.settings.secrets.tls import server_context
from streams.settings.types import ExistingFile, LongPassword

Port = Annotated[int, Field(ge=0, le=65535)]


class Part(BaseModel):
    """The settings of one part of an installation; its fields are variables behind the part's name."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    variables: ClassVar[str]
    """How the names of its variables begin, like ``IOC_EXPORTER_``."""


class WebServer(Part):
    """A web server; with a certificate and its key it serves HTTPS, TLS 1.2 or newer."""

    host: str = "127.0.0.1"
    """Address it listens on."""

    port: Port
    """Port it listens on; 0 takes a free one."""

    cert_file: ExistingFile | None = None
    """PEM certificate chain; with key_file it serves HTTPS."""

    key_file: ExistingFile | None = None
    """PEM private key."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        refuse_half_pair(self.variables, self.cert_file, self.key_file)
        return self

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def tls(self) -> ssl.SSLContext | None:
        """The context of the server's side; None without a certificate. Raises TlsError where a file does not fit."""
        if self.cert_file is None or self.key_file is None:
            return None
        return server_context(self.variables, self.cert_file, self.key_file)


class Listener(WebServer):
    """A web server for machines, which show its token."""

    token: LongPassword | None = None
    """Bearer token that it asks for; None asks for none."""

    token_file: ExistingFile | None = None
    """File whose first line is the token; wins over token."""

    @property
    def secret(self) -> SecretStr | None:
        """The token, wherever it was set. Raises SecretError where its file cannot be used, or it is short."""
        if self.token_file is not None:
            return long_secret(self.token_file)
        return self.token


def refuse_half_pair(variables: str, cert_file: Path | None, key_file: Path | None) -> None:
    """Refuse a certificate without its key, or the other way round. Raises ValueError."""
    if (cert_file is None) != (key_file is None):
        raise ValueError(f"{variables}CERT_FILE and {variables}KEY_FILE go together")
