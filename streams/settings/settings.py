"""Everything an installation can set, read once from ``IOC_...`` variables or an env file."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self, cast

from dotenv import dotenv_values
from pydantic import AwareDatetime, Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as SourceError

from ioc.events.dead_letter import LONGEST_KEPT_DAYS
from ioc.events.pseudonyms import Pseudonyms
from ioc.time.instants import EpochMs, ms_from_datetime
from streams.settings.errors import PREFIX, SettingsError, explain, refuse_empty, refuse_misspelt
from streams.settings.listener import Part, refuse_half_pair
from streams.settings.names import Names
from streams.settings.parts import (
    CasesSettings,
    ExporterSettings,
    GatewaySettings,
    GrafanaSettings,
    PeopleSettings,
    RelayMachinesSettings,
    RelaySettings,
    WallSettings,
    WorkerMetricsSettings,
)
from streams.settings.secrets.first_line import first_line, secret_of
from streams.settings.secrets.tls import client_context
from streams.settings.types import (
    Brokers,
    ClockKind,
    ExistingFile,
    ExistingFolder,
    LogFormat,
    Password,
    SaslMechanism,
    Seconds,
    SecurityProtocol,
)

__all__ = ["PREFIX", "ClockKind", "SaslMechanism", "SecurityProtocol", "Settings", "SettingsError", "load_settings"]


class Variable(NamedTuple):
    """One variable that is a setting."""

    name: str
    attribute: str
    """Of the settings, or of the part that it is one of."""
    field: FieldInfo
    part: type[Part] | None = None


class Settings(BaseSettings):
    """One installation. Every field is the variable ``IOC_<FIELD IN CAPITALS>``, every field of a part the variable
    ``IOC_<PART>_<FIELD>``.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding="utf-8",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    bootstrap_servers: Brokers = "127.0.0.1:9092"
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
    """Days that dead letters and the events of telemetry are kept: no fewer than the longest window of its figures."""

    lifecycle_retention_days: Annotated[int, Field(ge=1, le=3650)] = 400
    """Days that the events of all other subsystems are kept: longer than any case is open, or a rebuilt partition lacks
    it."""

    topic_bytes: Annotated[int, Field(ge=2**20)] = 20 * 2**30
    """Bytes of one topic of events or dead letters, on each broker that has a copy: beyond them the oldest are deleted,
    however young, so that no feed fills the disk of all others. What was not read then is told as lost."""

    feed_bytes_per_second: Annotated[int, Field(ge=1024)] = 2 * 2**20
    """Bytes a second that each feed's own Kafka user may send; the broker makes one that sends more wait."""

    loss_accepted_before: AwareDatetime | None = None
    """Moment before which events that were deleted by age are given up: figures that may lack them are judged again."""

    checkpoint_interval: Seconds = 0.5
    """Seconds between two checkpoints of one partition."""

    security_protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    """How clients talk to Kafka: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""

    sasl_mechanism: SaslMechanism = SaslMechanism.SCRAM_SHA_512
    """PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; used with the SASL protocols only."""

    sasl_username: str | None = None
    """Kafka user; needed with the SASL protocols."""

    sasl_password: Password | None = None
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

    boundaries: ExistingFile | None = None
    """GeoJSON file of the units' areas, which the map of the wall draws; None draws points."""

    clock: ClockKind = ClockKind.WALL
    """What now is: wall when live, event in a replay or the demo."""

    simulated: bool = False
    """True marks every screen and message as simulated data."""

    log_format: LogFormat = LogFormat.TEXT
    """How processes write their log: text, or json: an object a line with time, level, logger, message, exception."""

    worker_session_timeout: Annotated[float, Field(ge=6, le=60)] = 12.0
    """Seconds after which a silent worker's partitions go to others; the broker's limits apply."""

    worker_instance_id: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$", max_length=200)] | None = None
    """A worker's name that outlives its restarts, unlike any other's: restarts within the session timeout
    then move no partitions. None makes the worker leave the group when it stops."""

    worker_metrics: WorkerMetricsSettings = WorkerMetricsSettings()
    exporter: ExporterSettings = ExporterSettings()
    cases: CasesSettings = CasesSettings()
    relay: RelaySettings = RelaySettings()
    relay_machines: RelayMachinesSettings = RelayMachinesSettings()
    people: PeopleSettings = PeopleSettings()
    wall: WallSettings = WallSettings()
    gateway: GatewaySettings = GatewaySettings()
    grafana: GrafanaSettings = GrafanaSettings()

    prometheus_url: HttpUrl = HttpUrl("http://127.0.0.1:9090")
    """Prometheus' HTTP API."""

    alertmanager_url: HttpUrl = HttpUrl("http://127.0.0.1:9093")
    """Alertmanager's HTTP API."""

    prometheus_user: str | None = None
    """The user that Prometheus asks for; None where it asks for none."""

    prometheus_password_file: ExistingFile | None = None
    """File whose first line is that user's password."""

    alertmanager_user: str | None = None
    """The user that Alertmanager asks for; None where it asks for none."""

    alertmanager_password_file: ExistingFile | None = None
    """File whose first line is that user's password."""

    hash_key: Password | None = None
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
        refuse_half_pair(PREFIX, self.cert_file, self.key_file)
        for part, user, file in (
            ("PROMETHEUS", self.prometheus_user, self.prometheus_password_file),
            ("ALERTMANAGER", self.alertmanager_user, self.alertmanager_password_file),
        ):
            if (user is None) != (file is None):
                raise ValueError(f"IOC_{part}_USER and IOC_{part}_PASSWORD_FILE go together")
        return self

    @property
    def names(self) -> Names:
        """The names of the topics, group and transactions."""
        return Names(self.topic_prefix, self.source_prefix)

    @property
    def accepted_before(self) -> EpochMs:
        """The moment before which the loss of events is accepted; the epoch where none is."""
        return EpochMs(0) if self.loss_accepted_before is None else ms_from_datetime(self.loss_accepted_before)

    @property
    def heartbeat_interval(self) -> float:
        """Seconds between a worker's signs of life to its group."""
        return self.worker_session_timeout / 4

    @property
    def prometheus_login(self) -> tuple[str, str] | None:
        """User and password at Prometheus. Raises SecretError."""
        return _login(self.prometheus_user, self.prometheus_password_file)

    @property
    def alertmanager_login(self) -> tuple[str, str] | None:
        """User and password at Alertmanager. Raises SecretError."""
        return _login(self.alertmanager_user, self.alertmanager_password_file)

    @property
    def kafka_password(self) -> SecretStr | None:
        return secret_of(self.sasl_password_file, self.sasl_password)

    def pseudonyms(self) -> Pseudonyms | None:
        """What hashes personal fields; None where no key is set. Raises SettingsError where it is too short."""
        key = secret_of(self.hash_key_file, self.hash_key)
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


def _login(user: str | None, file: Path | None) -> tuple[str, str] | None:
    return None if user is None or file is None else (user, first_line(file).get_secret_value())


def variables() -> Iterator[Variable]:
    """Every variable that is a setting."""
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Part):
            for own, of_part in kind.model_fields.items():
                yield Variable(f"{kind.variables}{of_part.validation_alias or own}".upper(), own, of_part, kind)
        else:
            yield Variable(f"{PREFIX}{name.upper()}", name, field)


def load_settings(env_file: Path | None = None, **overrides: object) -> Settings:
    """Read the settings: overrides win over variables, variables over the env file.

    An override of a part is a dictionary of its fields: ``exporter={"port": 0}``.

    Raises:
        SettingsError: a value is impossible, the env file is missing, or a
            variable is empty or looks like a misspelt setting.
    """
    if env_file is not None and not env_file.is_file():
        raise SettingsError(f"there is no env file {env_file}")
    names = [variable.name for variable in variables()]
    given = {**(dotenv_values(env_file) if env_file else {}), **os.environ}
    refuse_misspelt(given, names)
    refuse_empty(given, names)
    try:
        return Settings(**cast(dict[str, Any], {"_env_file": env_file, **overrides}))
    except (ValidationError, SourceError) as error:
        raise SettingsError(explain(error)) from None
