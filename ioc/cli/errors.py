"""The errors that are user_errors in one line: what users, settings or other systems got wrong."""

from ioc.cli.terminal import errors
from streams.process import log


def user_errors() -> tuple[type[Exception], ...]:
    """Their types, imported only when the command line is run."""
    from dashboards.boundaries import BoundariesError
    from dashboards.grafana_api import GrafanaError
    from dashboards.openmetrics import BackfillError
    from dashboards.prometheus_api import PrometheusError
    from dashboards.ranks import NotRanked
    from ioc.cases.find import CasesError
    from ioc.catalogue.faults import CatalogueError
    from ioc.cli.backfill import UnknownSubsystem
    from ioc.cli.explain import UnknownKpi
    from ioc.cli.heartbeat import UnknownFeed
    from ioc.cli.history import HistoryError
    from ioc.cli.live_installation import UnlikeLive
    from ioc.cli.province_stack import OtherData
    from ioc.cli.simulate import UnknownScenario
    from streams.ingest.ingest import LivePrefix
    from streams.ingest.origin import TableError
    from streams.kafka.access import AccessError
    from streams.kafka.log_reader import LogError
    from streams.kafka.producer import PublishError
    from streams.kafka.promotion import PromotionError
    from streams.kafka.topics import TopicError
    from streams.relay.client import RelayError
    from streams.settings.secrets.certificates import CertificateError
    from streams.settings.secrets.first_line import SecretError
    from streams.settings.secrets.tls import TlsError
    from streams.settings.settings import SettingsError
    from streams.settings.yaml_file import YamlFileError
    from streams.stack.cache import SetupError
    from streams.stack.children import ChildFailed

    return (
        SettingsError, CasesError, CatalogueError, LogError, PublishError, PromotionError, LivePrefix, TableError,
        SetupError, ChildFailed, TopicError, PrometheusError, YamlFileError, RelayError, UnknownScenario,
        UnknownKpi, TlsError, AccessError, CertificateError, BackfillError, GrafanaError, UnknownSubsystem,
        SecretError, BoundariesError, UnknownFeed, NotRanked, UnlikeLive, HistoryError, OtherData, OSError,
    )  # fmt: skip


def tell(error: Exception) -> None:
    """Say in one line what went wrong: in the log of a process that writes one for machines, else to the user."""
    if log.is_for_machines():
        log.log.critical("%s", error)
    else:
        errors.print(f"ioc: {error}", style="red")
