"""The settings of each part of an installation that has some of its own; a part's name begins its variables."""

from datetime import time
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, HttpUrl, Secret, SecretStr, model_validator

from streams.settings.listener import Listener, Part, Port, WebServer
from streams.settings.secrets.first_line import first_line, secret_of
from streams.settings.types import ExistingFile, LongPassword, Password, Seconds


class ExporterSettings(Listener):
    """The exporter; its token is what /metrics asks for."""

    variables: ClassVar[str] = "IOC_EXPORTER_"

    port: Port = 9464


class WorkerMetricsSettings(Listener):
    """The worker's platform metrics and health; its token is what /metrics asks for."""

    variables: ClassVar[str] = "IOC_WORKER_METRICS_"

    port: Port = 9465


class PeopleSettings(Part):
    """The people who use the relay's pages and those of cases: accounts in a file, or a provider of OpenID Connect."""

    variables: ClassVar[str] = "IOC_PEOPLE_"

    accounts: ExistingFile | None = None
    """YAML file of accounts, with hashes of their passwords and tokens: `ioc accounts set` writes it."""

    issuer: HttpUrl | None = None
    """The provider's address, below which it publishes /.well-known/openid-configuration."""

    issuer_ca_file: ExistingFile | None = None
    """PEM file of who vouches for the provider's certificate; None: whom the system trusts."""

    client_id: str | None = None
    """The monitor's name at the provider; needed with issuer. Its return addresses: /sign-in/return at the relay,
    /cases/sign-in/return at the pages of cases."""

    client_secret_file: ExistingFile | None = None
    """File whose first line is the monitor's secret at the provider; needed with issuer."""

    role_claim: str = "groups"
    """Claim of the ID token whose values say the role: ioc-viewer, ioc-responder, ioc-operator or ioc-administrator;
    with dots between names within names, as in realm_access.roles."""

    idle: Seconds = 1_800
    """Seconds after which a session that its person does not use ends."""

    longest: Seconds = 43_200
    """Seconds after which every session ends: a shift."""

    behind_proxy: bool = False
    """Whether people come through a reverse proxy of ours, whose X-Forwarded-For says from where."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.issuer is not None and (not self.client_id or self.client_secret_file is None):
            raise ValueError("IOC_PEOPLE_ISSUER needs IOC_PEOPLE_CLIENT_ID and IOC_PEOPLE_CLIENT_SECRET_FILE")
        return self

    @property
    def known(self) -> bool:
        """Whether there is anybody who may come in."""
        return self.accounts is not None or self.issuer is not None


class CasesSettings(WebServer):
    """The pages of cases; where no people are known they are for this machine only."""

    variables: ClassVar[str] = "IOC_CASES_"

    port: Port = 9096

    url: HttpUrl | None = None
    """The host of the pages, as people's browsers reach it; None: where it listens."""

    database: Path = Path(".run/cases/cases.sqlite")
    """The trail of who signed in to the pages of cases."""


class WallSettings(Listener):
    """The page of the wall; without a token it is for this machine only."""

    variables: ClassVar[str] = "IOC_WALL_"

    port: Port = 9098

    seconds: Seconds = 45
    """Seconds that each of Grafana's dashboards is shown, where there is a Grafana."""


class RelayMachinesSettings(Listener):
    """The relay's other server, for Alertmanager and Prometheus alone; the relay does not start without its token."""

    variables: ClassVar[str] = "IOC_RELAY_MACHINES_"

    port: Port = 9097


class RelaySettings(WebServer):
    """The relay's pages, for people."""

    variables: ClassVar[str] = "IOC_RELAY_"

    port: Port = 9095

    token: Password | None = None
    """Token of your account, which `ioc alerts` and `ioc dlq redrive` show; the relay itself needs none."""

    token_file: ExistingFile | None = None
    """File whose first line is the token of your account; wins over token."""

    url: HttpUrl = HttpUrl("http://127.0.0.1:9095")
    """The relay, as people's phones and `ioc alerts` reach it: messages link to it."""

    contacts: ExistingFile | None = None
    """YAML file of contacts, channels and chains; the relay does not start without."""

    database: Path = Path(".run/relay/relay.sqlite")
    """The relay's memory: alerts, deliveries, acknowledgements, the trail."""

    retention_days: Annotated[int, Field(ge=1, le=3650)] = 400
    """Days that alerts which are over are kept, with who took them and the messages about them; the trail stays."""

    certificates: str | None = None
    """Files of certificates whose ends are watched, separated by commas: an alert tells them 30 and 7 days before."""

    runbooks: Path | None = None
    """Folder of the runbooks that messages quote and the relay's pages show; None goes without."""

    runbooks_url: HttpUrl | None = None
    """Where people read runbooks: alerts link them there, each by its name. None: at the relay, under /runbooks."""

    repeat_after: Seconds = 600
    """Seconds without an answer after which a page is told again, then to the next contact."""

    digest_at: time = time(7, 30)
    """Local time of day of the digest, on working days."""

    report_at: time = time(7, 0)
    """Local time of day of the leaders' report, on working days, to whom the contacts' `report` names."""

    give_up_after: Seconds = 86_400
    """Seconds after which a message that cannot be delivered is given up."""

    heartbeat_timeout: Seconds = 300
    """Seconds without Prometheus' heartbeat after which the relay says by itself that alerting is dead."""

    heartbeat_url: Secret[HttpUrl] | None = None
    """Where the relay posts each heartbeat on, for somebody outside to miss it when the relay itself is dead; None
    posts it nowhere. A secret, as such addresses hold tokens."""

    tick: Seconds = 5
    """Seconds between two looks at what nobody answered."""

    @property
    def certificate_files(self) -> list[Path]:
        """The certificates whose ends are watched."""
        return [Path(name.strip()) for name in (self.certificates or "").split(",") if name.strip()]

    @property
    def account_token(self) -> SecretStr | None:
        """The token of whoever runs a command. Raises SecretError where its file cannot be used."""
        return secret_of(self.token_file, self.token)

    @property
    def runbooks_address(self) -> str:
        """Where the runbooks are; without trailing slash."""
        return str(self.runbooks_url or f"{str(self.url).rstrip('/')}/runbooks").rstrip("/")


class GatewaySettings(Listener):
    """The gateway; its own token is only for /metrics, as each sender has one of its own."""

    variables: ClassVar[str] = "IOC_GATEWAY_"

    port: Port = 9466

    token: LongPassword | None = Field(default=None, validation_alias="metrics_token")
    """Bearer token that /metrics asks for; None asks for none."""

    token_file: ExistingFile | None = Field(default=None, validation_alias="metrics_token_file")
    """File whose first line is the token of /metrics; wins over metrics_token."""

    senders: ExistingFile | None = None
    """YAML file of who may send by HTTP, for which feeds, with the hashes of their tokens; the gateway does not start
    without. `ioc gateway-token` makes tokens."""

    events_per_second: Annotated[float, Field(gt=0)] = 1_000
    """Events a second that a sender may send, unless its entry says otherwise; twice as many at once. Those of more
    than 1 KiB count as several."""

    request_bytes: Annotated[int, Field(ge=1024, le=256 * 2**20)] = 8 * 2**20
    """Bytes of the largest request that the gateway takes, unpacked."""

    request_events: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    """Events that a request may hold."""

    patience: Seconds = 15
    """Seconds that the gateway waits for Kafka's acknowledgement before it answers 503."""

    waiting_bytes: Annotated[int, Field(ge=2**20)] = 32 * 2**20
    """Bytes of events that may wait for Kafka in the gateway; beyond them it answers 503."""


class GrafanaSettings(Part):
    """Grafana, as `ioc grafana` signs in to it."""

    variables: ClassVar[str] = "IOC_GRAFANA_"

    url: HttpUrl | None = None
    """Grafana, as browsers reach it; None leaves it out of messages."""

    user: str = "admin"
    """The user that `ioc grafana` signs in as, with password_file; a token needs none."""

    password_file: ExistingFile | None = None
    """File whose first line is the password of the user."""

    token_file: ExistingFile | None = None
    """File whose first line is the token of a Grafana service account; wins over password_file."""

    @property
    def login(self) -> str | tuple[str, str] | None:
        """The token of a service account, or user and password; None where neither is set. Raises SecretError."""
        if self.token_file is not None:
            return first_line(self.token_file).get_secret_value()
        if self.password_file is not None:
            return self.user, first_line(self.password_file).get_secret_value()
        return None
