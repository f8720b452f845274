"""Why Kafka refuses us, in one line that names the setting: its clients tell of a lost connection at most."""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError

from streams.settings.settings import Settings

_SECONDS = 10.0


def user(settings: Settings) -> str:
    """Who we are to Kafka, for messages."""
    if settings.security_protocol.authenticated:
        return f"the Kafka user {settings.sasl_username}"
    return "this Kafka user" if settings.cert_file is None else f"the Kafka user of {settings.cert_file}"


def secured(settings: Settings) -> bool:
    """Whether brokers ask who we are, or show who they are."""
    return settings.security_protocol.encrypted or settings.security_protocol.authenticated


def forbidden(settings: Settings, what: str) -> str:
    """What to say when a user may not do ``what``, as in ``write ioc.events.health``."""
    return (
        f"{user(settings)} may not {what}: be a user that may (IOC_SASL_USERNAME or IOC_CERT_FILE; `ioc acls` lists "
        "who may do what), or have the admin grant it with `ioc acls --apply`"
    )


def refusal(settings: Settings) -> str | None:
    """Why a broker does not let us in; None where it does, or where none answers at all. Blocking."""
    if not secured(settings):
        return None
    # A loop of its own, as the caller's may be running.
    with ThreadPoolExecutor(1, thread_name_prefix="refusal") as pool:
        return pool.submit(lambda: asyncio.run(_refusal(settings))).result()


async def _refusal(settings: Settings) -> str | None:
    options = settings.kafka_options()
    for address in options.pop("bootstrap_servers"):
        host, _, port = address.rpartition(":")
        try:
            connection = await create_conn(
                host.strip("[]"), int(port), request_timeout_ms=int(_SECONDS * 1000), **options
            )
        except (SaslAuthenticationFailed, UnsupportedSaslMechanismError, ssl.SSLError, KafkaError) as error:
            return _explain(settings, address, error)
        except (OSError, TimeoutError):
            continue
        else:
            connection.close()
            return None
    return None


def _explain(settings: Settings, address: str, error: Exception) -> str:
    if isinstance(error, SaslAuthenticationFailed):
        return (
            f"the broker at {address} does not know {user(settings)} with this password: correct IOC_SASL_USERNAME "
            "or IOC_SASL_PASSWORD_FILE, or have the admin set the password with `ioc acls --passwords`"
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"the broker at {address} takes no {settings.sasl_mechanism} login: set IOC_SASL_MECHANISM"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the broker at {address} shows a certificate that does not hold ({error.verify_message}): have it "
            "renewed, or set IOC_CA_FILE to its authority and IOC_BOOTSTRAP_SERVERS to a name that is in it"
        )
    if isinstance(error, ssl.SSLError):
        return (
            f"the broker at {address} does not speak TLS as we do ({error.reason}): see whether "
            "IOC_BOOTSTRAP_SERVERS names the right port and IOC_SECURITY_PROTOCOL its protocol"
        )
    if settings.security_protocol.encrypted and not settings.security_protocol.authenticated:
        what = "asks for a certificate" if settings.cert_file is None else f"does not accept {settings.cert_file}"
        return (
            f"the broker at {address} {what}: set IOC_CERT_FILE and IOC_KEY_FILE to one that its authority signed and "
            "that is still valid, or IOC_SECURITY_PROTOCOL to SASL_SSL at a port that takes passwords"
        )
    return (
        f"the broker at {address} closes the connection: see whether IOC_BOOTSTRAP_SERVERS names a port that speaks "
        f"{settings.security_protocol} (IOC_SECURITY_PROTOCOL)"
    )
