"""A worker that has a fault from the moment that a file names one: ``python -m tests.soak.worker FILE``.

The fault is no record's: each time something is half done, and must be in no checkpoint.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ioc.cli.main import main
from ioc.engine.shard import Shard
from ioc.engine.store.panes import PaneStore
from streams.worker.checkpoint_writer import CheckpointWriter

FAULT = "a fault that nobody foresaw"
PLACES: dict[str, tuple[type, str]] = {
    "apply": (Shard, "apply"),
    "checkpoint": (Shard, "checkpoint"),
    "panes": (PaneStore, "cells"),
    "transaction": (CheckpointWriter, "_send_batch"),
}
"""What raises once it has done its work."""


def failing(method: Callable[..., Any], file: Path, place: str) -> Callable[..., Any]:
    """The method, until the file names its place."""

    @functools.wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        result = method(*args, **kwargs)
        if file.exists() and file.read_text() == place:
            if inspect.iscoroutine(result):
                result.close()
            raise RuntimeError(FAULT)
        return result

    return called


if __name__ == "__main__":
    named = Path(sys.argv[1])
    for place, (owner, name) in PLACES.items():
        setattr(owner, name, failing(getattr(owner, name), named, place))
    sys.argv[1:] = ["worker"]
    main()
