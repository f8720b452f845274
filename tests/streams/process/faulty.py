"""An `ioc` process with a fault: from the moment that a file exists, a method of its main loop raises.

``python faulty.py FILE worker|exporter|cases|relay|gateway``.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiokafka.client import AIOKafkaClient

from ioc.cli.main import main
from streams.kafka.source_ends import SourceEnds
from streams.relay.supervision import Supervision
from streams.worker.health import Health

FAULT = "a fault that nobody foresaw"
PLACES: dict[str, tuple[type, str]] = {
    "worker": (Health, "look"),
    "exporter": (SourceEnds, "_look"),
    "cases": (SourceEnds, "_look"),
    "relay": (Supervision, "step"),
    "gateway": (AIOKafkaClient, "force_metadata_update"),
}
"""What each does again and again."""


def raising(method: Callable[..., Any], file: Path, met: Path) -> Callable[..., Any]:
    """The method, until the file exists; ``met`` is written when that is noticed first."""

    @functools.wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        if file.exists():
            if not met.exists():
                met.touch()
            raise RuntimeError(FAULT)
        return method(*args, **kwargs)

    return called


if __name__ == "__main__":
    file, process, *more = sys.argv[1:]
    owner, name = PLACES[process]
    setattr(owner, name, raising(getattr(owner, name), Path(file), Path(f"{file}.{process}")))
    sys.argv[1:] = [process, *more]
    main()
