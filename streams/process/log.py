"""The log of a long-running process: lines for people, or one JSON object a line for whatever collects logs.

Only a process that is cut off (`streams.process.ending`) while even Python stands still writes stacks that are no JSON.
"""

import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

import msgspec

log = logging.getLogger(__name__)

_FOR_PEOPLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """A record as one line: when (RFC 3339, UTC), how bad, who says what, and the exception behind it."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack"] = self.formatStack(record.stack_info)
        # What cannot be encoded, as half of a letter, must not cost the line.
        whole = {name: text.encode(errors="replace").decode() for name, text in said.items()}
        return msgspec.json.encode(whole).decode()


def begin(*, json: bool) -> None:
    """Write the log to standard error from now on, and what ends the process as its last record."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if json else logging.Formatter(_FOR_PEOPLE))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    if json:
        sys.excepthook = _tell


def cut_off(stacks: str) -> str:
    """The last line, in JSON, of a process that did not end in time; ``stacks``: what each thread was at."""
    record = {"name": log.name, "levelno": logging.CRITICAL, "levelname": "CRITICAL", "stack_info": stacks}
    return JsonLines().format(logging.makeLogRecord({**record, "msg": "Cut off: it did not end in time"}))


def is_for_machines() -> bool:
    """Whether this process writes its log in JSON."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.root.handlers)


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("Ended by %s: %s", kind.__name__, error, exc_info=(kind, error, trace))
