"""The Faust app of a worker: group membership, rebalancing and timers; records pass through it in batches."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import faust
from faust.types.auth import CredentialsT
from faust.types.codecs import CodecArg

from streams.kafka.silence import ANSWER_SECONDS
from streams.settings.settings import Settings
from streams.worker.scheduler import BatchScheduler
from streams.worker.transport import Positions, batch_transport

# The engine holds the event loop up for a whole batch: heartbeats and checkpoints wait that long.
_RECORDS_PER_POLL = 4096
# Compressed bytes per partition and fetch; up to one such block per partition waits in memory.
_FETCH_BYTES = 1024 * 1024
# Batches waiting between consumer and agent.
_BUFFERED_BATCHES = 4
# Joining the group is answered when all members did, or their sessions have ended.
_JOINING_SECONDS = 3.0
_RAW: CodecArg = "raw"


def create_app(settings: Settings, progress: Positions, data_folder: Path) -> faust.App:
    """A Faust app that consumes batches and resumes at `progress`; `data_folder` holds what Faust wants to write."""
    brokers = [f"kafka://{address.strip()}" for address in settings.bootstrap_servers.split(",")]
    app = faust.App(
        settings.names.group,
        broker=brokers,
        broker_credentials=_credentials(settings),
        broker_check_crcs=False,  # the broker checked them when it took them, and TCP checks what it carries
        broker_session_timeout=settings.worker_session_timeout,
        broker_heartbeat_interval=settings.heartbeat_interval,
        broker_request_timeout=settings.worker_session_timeout + _JOINING_SECONDS,
        producer_request_timeout=ANSWER_SECONDS,
        broker_max_poll_records=_RECORDS_PER_POLL,
        broker_commit_interval=max(1.0, settings.checkpoint_interval),
        consumer_max_fetch_size=_FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.worker_instance_id,
        ConsumerScheduler=BatchScheduler,
        stream_wait_empty=False,
        stream_buffer_maxsize=_BUFFERED_BATCHES,
        # With 0 and no table Faust takes an assignor that does not keep equal partitions of all topics together.
        table_standby_replicas=1,
        key_serializer=_RAW,
        value_serializer=_RAW,
        topic_allow_declare=False,
        topic_disable_leader=True,
        worker_redirect_stdouts=False,
        web_enabled=False,
        web_bind="127.0.0.1",
        datadir=data_folder,
    )
    app.transport = batch_transport(app, progress)
    return app


def source_topic(app: faust.App, names: Sequence[str]) -> faust.TopicT:
    """One Faust topic over all sources: equal partition counts make it assign equal partitions together."""
    # Checkpoints say what is done; Faust's acknowledgements would count a batch as one record.
    return app.topic(*names, acks=False, allow_empty=True)


def _credentials(settings: Settings) -> CredentialsT | None:
    options = settings.kafka_options()
    context: ssl.SSLContext | None = options.get("ssl_context")
    if settings.security_protocol.authenticated:
        return faust.SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=options["sasl_mechanism"],
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
