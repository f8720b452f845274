"""Where downloads live, and how a half-finished one is never used."""

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

_log = logging.getLogger(__name__)


class SetupError(RuntimeError):
    """Something the local stack needs is missing; the message names the one thing to do."""


def cache_folder() -> Path:
    """The folder of downloads: `$XDG_CACHE_HOME/ioc-monitor`, by default in `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "ioc-monitor"


def cached(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the cached folder `name`; if there is none, let `fill` write into an empty one first.

    The folder appears under its name only when `fill` has returned, so that an interrupted download is repeated, and
    two processes that fill it at once do no harm.
    """
    target = cache_folder() / name
    if target.is_dir():
        return target
    _log.info("Fetching %s, which is kept in %s.", name, target.parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{name}-", ignore_cleanup_errors=True) as unfinished:
        content = Path(unfinished) / "content"
        content.mkdir()
        fill(content)
        try:
            content.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    return target
