"""Everything an installation can set, read once from ``IOC_...`` variables or an env file."""

import os
import ssl
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Self, cast

from dotenv import dotenv_values
from pydantic import Field, HttpUrl, Secret, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as SourceError

from ioc.events.dead_letter import LONGEST_KEPT_DAYS
from ioc.events.pseudonyms import Pseudonyms
from streams.secrets.tls import client_context
from streams.settings.errors import PREFIX, SettingsError, explain, refuse_misspelt
from streams.settings.names import Names
from streams.settings.types import (
    ClockKind,
    ExistingFile,
    ExistingFolder,
    Port,
    SaslMechanism,
    Seconds,
    SecurityProtocol,
)

__all__ = ["PREFIX", "ClockKind", "SaslMechanism", "SecurityProtocol", "Settings", "SettingsError", "load_settings"]


class Settings(BaseSettings):
    """One installation. Every field is also the variable ``IOC_<FIELD IN CAPITALS>``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    bootstrap_servers: str = "127.0.0.1:9092"
    """Kafka brokers to start from, ``host:port`` separated by commas."""

    topic_prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$", max_length=80)] = "ioc"
    """First part of every topic, group and transaction name; a replay has one of its own."""

    source_prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$", max_length=80)] | None = None
    """First part of the source topics' names where another prefix' events are replayed; None takes topic_prefix."""

    partitions: Annotated[int, Field(ge=1, le=1000)] = 12
    """Partition count of every topic; fixed once the topics exist."""

    replication_factor: Annotated[int, Field(ge=-1, le=10)] = -1
    """Copies of each partition; -1 leaves it to the broker's default."""

    retention_days: Annotated[int, Field(ge=1, le=LONGEST_KEPT_DAYS)] = 35
    """Days that events and dead letters are kept: how far back a partition can be rebuilt."""

    checkpoint_interval: Seconds = 0.5
    """Seconds between two checkpoints of one partition."""

    security_protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    """How clients talk to Kafka: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""

    sasl_mechanism: SaslMechanism = SaslMechanism.SCRAM_SHA_512
    """PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; used with the SASL protocols only."""

    sasl_username: str | None = None
    """Kafka user; needed with the SASL protocols."""

    sasl_password: SecretStr | None = None
    """Kafka password; better in a file, see sasl_password_file."""

    sasl_password_file: ExistingFile | None = None
    """File whose first line is the Kafka password; wins over sasl_password."""

    ca_file: ExistingFile | None = None
    """PEM file of the authority that signed the brokers' certificates; None trusts the system's."""

    cert_file: ExistingFile | None = None
    """PEM file of this client's certificate, where brokers ask for one."""

    key_file: ExistingFile | None = None
    """PEM file of this client's private key."""

    catalogue: ExistingFolder | None = None
    """Folder of a whole catalogue, `province.yaml` and `subsystems/`; None takes the packaged one."""

    subsystems: ExistingFolder | None = None
    """Folder of the installation's own subsystem files; one named like a file of the catalogue takes its place."""

    units: ExistingFile | None = None
    """YAML file of units that stand for the province's; for a prefix whose history is from elsewhere."""

    clock: ClockKind = ClockKind.WALL
    """What now is: wall when live, event in a replay or the demo."""

    simulated: bool = False
    """True marks every screen and message as simulated data."""

    exporter_host: str = "127.0.0.1"
    """Address the exporter listens on."""

    exporter_port: Port = 9464
    """Port of the exporter; 0 takes a free one."""

    exporter_cert_file: ExistingFile | None = None
    """PEM certificate chain of the exporter; with exporter_key_file it serves HTTPS."""

    exporter_key_file: ExistingFile | None = None
    """PEM private key of the exporter."""

    exporter_token: SecretStr | None = None
    """Bearer token that /metrics asks for; None asks for none."""

    exporter_token_file: ExistingFile | None = None
    """File whose first line is the exporter's bearer token; wins over exporter_token."""

    worker_session_timeout: Annotated[float, Field(ge=6, le=60)] = 12.0
    """Seconds after which a silent worker's partitions go to others; the broker's limits apply."""

    worker_instance_id: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=200)] | None = None
    """A worker's name that outlives its restarts, unlike any other's: restarts within the session timeout
    then move no partitions. None makes the worker leave the group when it stops."""

    worker_metrics_host: str = "127.0.0.1"
    """Address the worker's platform metrics listen on."""

    worker_metrics_port: Port = 9465
    """Port of the worker's platform metrics; 0 takes a free one."""

    worker_metrics_cert_file: ExistingFile | None = None
    """PEM certificate chain of the worker's platform metrics; with worker_metrics_key_file they are HTTPS."""

    worker_metrics_key_file: ExistingFile | None = None
    """PEM private key of the worker's platform metrics."""

    worker_metrics_token: SecretStr | None = None
    """Bearer token that the worker's /metrics asks for; None asks for none."""

    worker_metrics_token_file: ExistingFile | None = None
    """File whose first line is the worker's bearer token; wins over worker_metrics_token."""

    prometheus_url: HttpUrl = HttpUrl("http://127.0.0.1:9090")
    """Prometheus' HTTP API."""

    alertmanager_url: HttpUrl = HttpUrl("http://127.0.0.1:9093")
    """Alertmanager's HTTP API."""

    grafana_url: HttpUrl | None = None
    """Grafana, as browsers reach it; None leaves it out of messages."""

    grafana_user: str = "admin"
    """The user that `ioc grafana` signs in as, with grafana_password_file; a token needs none."""

    grafana_password_file: ExistingFile | None = None
    """File whose first line is the password of grafana_user."""

    grafana_token_file: ExistingFile | None = None
    """File whose first line is the token of a Grafana service account; wins over grafana_password_file."""

    relay_contacts: ExistingFile | None = None
    """YAML file of contacts, channels and chains; the relay does not start without."""

    relay_database: Path = Path(".run/relay/relay.sqlite")
    """The relay's memory: alerts, deliveries, acknowledgements."""

    relay_runbooks: Path | None = None
    """Folder of the runbooks that messages quote and the relay's pages show; None goes without."""

    relay_host: str = "127.0.0.1"
    """Address the relay listens on."""

    relay_port: Port = 9095
    """Port of the relay; 0 takes a free one."""

    relay_url: HttpUrl = HttpUrl("http://127.0.0.1:9095")
    """The relay, as people's phones and `ioc alerts` reach it: messages link to it."""

    relay_cert_file: ExistingFile | None = None
    """PEM certificate chain of the relay; with relay_key_file it serves HTTPS."""

    relay_key_file: ExistingFile | None = None
    """PEM private key of the relay."""

    relay_token: SecretStr | None = None
    """What Alertmanager, Prometheus and people show to the relay; it does not start without."""

    relay_token_file: ExistingFile | None = None
    """File whose first line is the relay's token; wins over relay_token."""

    relay_repeat_after: Seconds = 600
    """Seconds without an answer after which a page is told again, then to the next contact."""

    relay_digest_at: time = time(7, 30)
    """Local time of day of the digest, on working days."""

    relay_give_up_after: Seconds = 86_400
    """Seconds after which a message that cannot be delivered is given up."""

    relay_heartbeat_timeout: Seconds = 300
    """Seconds without Prometheus' heartbeat after which the relay says by itself that alerting is dead."""

    relay_heartbeat_url: Secret[HttpUrl] | None = None
    """Where the relay posts each heartbeat on, for somebody outside to miss it when the relay itself is dead; None
    posts it nowhere. A secret, as such addresses hold tokens."""

    relay_tick: Seconds = 5
    """Seconds between two looks at what nobody answered."""

    cases_host: str = "127.0.0.1"
    """Address the pages of cases listen on; any other than this machine's needs a token."""

    cases_port: Port = 9096
    """Port of the pages of cases; 0 takes a free one."""

    cases_cert_file: ExistingFile | None = None
    """PEM certificate chain of the pages of cases; with cases_key_file they are HTTPS."""

    cases_key_file: ExistingFile | None = None
    """PEM private key of the pages of cases."""

    cases_token: SecretStr | None = None
    """What people and programs show to see cases; None asks for none, on this machine only."""

    cases_token_file: ExistingFile | None = None
    """File whose first line is the token of the pages of cases; wins over cases_token."""

    gateway_feeds: ExistingFile | None = None
    """YAML file of the feeds that may send by HTTP, with the hashes of their tokens; the gateway does not start
    without. `ioc gateway-token` makes tokens."""

    gateway_host: str = "127.0.0.1"
    """Address the gateway listens on."""

    gateway_port: Port = 9466
    """Port of the gateway; 0 takes a free one."""

    gateway_cert_file: ExistingFile | None = None
    """PEM certificate chain of the gateway; with gateway_key_file it serves HTTPS."""

    gateway_key_file: ExistingFile | None = None
    """PEM private key of the gateway."""

    gateway_metrics_token: SecretStr | None = None
    """Bearer token that the gateway's /metrics asks for; None asks for none."""

    gateway_metrics_token_file: ExistingFile | None = None
    """File whose first line is the bearer token of the gateway's /metrics; wins over gateway_metrics_token."""

    gateway_events_per_second: Annotated[float, Field(gt=0)] = 1_000
    """Events a second that a feed may send, unless its entry says otherwise; twice as many at once."""

    gateway_request_bytes: Annotated[int, Field(ge=1024, le=256 * 2**20)] = 8 * 2**20
    """Bytes of the largest request that the gateway takes, unpacked."""

    gateway_patience: Seconds = 15
    """Seconds that the gateway waits for Kafka's acknowledgement before it answers 503."""

    gateway_waiting_bytes: Annotated[int, Field(ge=2**20)] = 64 * 2**20
    """Bytes of events that may wait for Kafka in the gateway; beyond them it answers 503."""

    hash_key: SecretStr | None = None
    """Secret that personal fields are hashed with, at least 32 bytes; better in a file, see hash_key_file."""

    hash_key_file: ExistingFile | None = None
    """File whose first line is the secret that personal fields are hashed with; wins over hash_key. Keep it: with
    another one, the same person gets another hash."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security_protocol.authenticated:
            if not self.sasl_username:
                raise ValueError(f"{self.security_protocol} needs IOC_SASL_USERNAME")
            if self.kafka_password is None:
                raise ValueError(f"{self.security_protocol} needs IOC_SASL_PASSWORD_FILE or IOC_SASL_PASSWORD")
        for name in ("", "exporter_", "worker_metrics_", "relay_", "cases_", "gateway_"):
            pair = getattr(self, f"{name}cert_file"), getattr(self, f"{name}key_file")
            if (pair[0] is None) != (pair[1] is None):
                raise ValueError(f"IOC_{name.upper()}CERT_FILE and IOC_{name.upper()}KEY_FILE go together")
        return self

    @property
    def names(self) -> Names:
        """The names of the topics, group and transactions."""
        return Names(self.topic_prefix, self.source_prefix)

    @property
    def heartbeat_interval(self) -> float:
        """Seconds between a worker's signs of life to its group."""
        return self.worker_session_timeout / 4

    @property
    def kafka_password(self) -> SecretStr | None:
        return _secret(self.sasl_password_file, self.sasl_password)

    @property
    def bearer_token(self) -> SecretStr | None:
        return _secret(self.exporter_token_file, self.exporter_token)

    @property
    def worker_metrics_bearer_token(self) -> SecretStr | None:
        return _secret(self.worker_metrics_token_file, self.worker_metrics_token)

    @property
    def relay_secret(self) -> SecretStr | None:
        return _secret(self.relay_token_file, self.relay_token)

    @property
    def grafana_secrets(self) -> tuple[SecretStr | None, SecretStr | None]:
        """The token of a service account, and the password of grafana_user."""
        return _secret(self.grafana_token_file, None), _secret(self.grafana_password_file, None)

    @property
    def cases_secret(self) -> SecretStr | None:
        return _secret(self.cases_token_file, self.cases_token)

    @property
    def gateway_metrics_secret(self) -> SecretStr | None:
        return _secret(self.gateway_metrics_token_file, self.gateway_metrics_token)

    def pseudonyms(self) -> Pseudonyms | None:
        """What hashes personal fields; None where no key is set. Raises SettingsError where it is too short."""
        key = _secret(self.hash_key_file, self.hash_key)
        if key is None:
            return None
        try:
            return Pseudonyms(key.get_secret_value().encode())
        except ValueError as error:
            raise SettingsError(f"IOC_HASH_KEY_FILE: {error}") from None

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context for brokers; None for unencrypted protocols. Raises TlsError."""
        if not self.security_protocol.encrypted:
            return None
        return client_context(PREFIX, self.ca_file, self.cert_file, self.key_file)

    def kafka_options(self) -> dict[str, Any]:
        """Connection arguments that every aiokafka and kafka-python client takes alike."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers.split(","),
            "security_protocol": self.security_protocol.value,
        }
        if (context := self.ssl_context()) is not None:
            options["ssl_context"] = context
        if self.security_protocol.authenticated:
            password = cast(SecretStr, self.kafka_password)  # _complete refuses its absence
            options |= {
                "sasl_mechanism": self.sasl_mechanism.value,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": password.get_secret_value(),
            }
        return options


def load_settings(env_file: Path | None = None, **overrides: object) -> Settings:
    """Read the settings: overrides win over variables, variables over the env file.

    Raises:
        SettingsError: a value is impossible, the env file is missing, or a
            variable looks like a misspelt setting.
    """
    if env_file is not None and not env_file.is_file():
        raise SettingsError(f"there is no env file {env_file}")
    refuse_misspelt([*os.environ, *(dotenv_values(env_file) if env_file else ())], Settings.model_fields)
    try:
        return Settings(**cast(dict[str, Any], {"_env_file": env_file, **overrides}))
    except (ValidationError, SourceError) as error:
        raise SettingsError(explain(error)) from None


def _secret(file: Path | None, value: SecretStr | None) -> SecretStr | None:
    if file is None:
        return value
    lines = file.read_text(encoding="utf-8").splitlines()
    return SecretStr(lines[0].strip()) if lines and lines[0].strip() else None
