"""The errors that are told in one line: what users, settings or other systems got wrong."""


def told() -> tuple[type[Exception], ...]:
    """Their types, imported only when the command line is run."""
    from dashboards.grafana_api import GrafanaError
    from dashboards.openmetrics import BackfillError
    from dashboards.prometheus_api import PrometheusError
    from ioc.cases import CasesError
    from ioc.catalogue.faults import CatalogueError
    from ioc.commands.backfill import UnknownSubsystem
    from ioc.commands.explain import UnknownKpi
    from ioc.commands.simulate import UnknownScenario
    from streams.access import AccessError
    from streams.certificates import CertificateError
    from streams.gateway.feeds import FeedsError
    from streams.ingest import LivePrefix
    from streams.live import PromotionError
    from streams.log_reader import LogError
    from streams.publish import PublishError
    from streams.relay.client import RelayError
    from streams.relay.contacts import ContactsError
    from streams.settings import SettingsError
    from streams.stack.cache import SetupError
    from streams.stack.children import ChildFailed
    from streams.tables import TableError
    from streams.tls import TlsError
    from streams.topics import TopicError

    return (
        SettingsError, CasesError, CatalogueError, LogError, PublishError, PromotionError, LivePrefix, TableError,
        SetupError, ChildFailed, TopicError, PrometheusError, ContactsError, FeedsError, RelayError, UnknownScenario,
        UnknownKpi, TlsError, AccessError, CertificateError, BackfillError, GrafanaError, UnknownSubsystem, OSError,
    )  # fmt: skip
