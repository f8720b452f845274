"""XES (IEEE 1849), the standard of case logs: a row per event, with its trace's attributes as ``case:...``."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from xml.parsers.expat import ExpatError

from ioc.events.mappings.row import column_name, composed
from streams.ingest.origin import TableError
from streams.ingest.row_file import Row, RowBlock, RowFile, blocks_of
from streams.ingest.xml_guard import CHUNK_BYTES, DocumentType, guarded_parser

_DEEPEST = 32
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_PLAIN = frozenset({"string", "id", "date", "int", "float", "boolean"})
_HOLDERS = frozenset({"list", "container"})


class XesFile(RowFile):
    """Rows of an XES log, of which no more is held than the rows of a block."""

    def blocks(self) -> Iterator[RowBlock]:
        return blocks_of(self._rows())

    def _rows(self) -> Iterator[Row]:
        parser = guarded_parser()
        log = _Log(self.file, lambda: parser.CurrentLineNumber)
        parser.StartElementHandler, parser.EndElementHandler = log.start, log.end
        number, last = 0, False
        try:
            with self.origin.opened() as stream:
                while not last:
                    chunk = stream.read(CHUNK_BYTES)
                    last = not chunk
                    parser.Parse(chunk, last)
                    for line, content in log.taken():
                        number += 1
                        yield Row(number, line, content)
        except TableError:
            raise
        except DocumentType as error:
            raise TableError(f"{self.file}: {error}") from error
        # Encodings that nobody knows are no errors of the parser's own.
        except (ExpatError, LookupError, ValueError) as error:
            raise TableError(f"{self.file}: this is no whole XES log: {error}") from error


class _Log:
    """What is open of a log while it is read, and the events that were closed."""

    def __init__(self, file: Path, line: Callable[[], int]) -> None:
        self._file = file
        self._line = line
        self._open: list[tuple[str, str]] = []
        """The elements that are open, each with the path of its attribute."""
        self._trace: dict[str, object] = {}
        self._event: dict[str, object] | None = None
        self._began = False
        """Whether an event of the trace has been told."""
        self._told: list[tuple[int, dict[str, object]]] = []

    def taken(self) -> list[tuple[int, dict[str, object]]]:
        """The events since the last time, each with the line where it ends."""
        told, self._told = self._told, []
        return told

    def start(self, name: str, attrs: Mapping[str, str]) -> None:
        kind, above = name.rpartition(":")[2], self._open[-1][1] if self._open else ""
        path = above
        if not self._open and kind != "log":
            raise TableError(f"{self._file}: this is no XES log: it begins with <{name}>")
        if kind == "trace":
            self._trace, self._began = {}, False
        elif kind == "event":
            self._event, self._began = {}, True
        elif kind in _PLAIN or kind in _HOLDERS:
            key = column_name(attrs.get("key", ""))
            path = f"{above}.{key}" if above else key
            self._put(path, kind, attrs)
        if len(self._open) > _DEEPEST:
            raise TableError(f"{self._place()}: attributes within more than {_DEEPEST} others")
        self._open.append((kind, path))

    def end(self, _: str) -> None:
        kind, _ = self._open.pop()
        if kind == "event" and self._event is not None:
            self._told.append((self._line(), self._trace | self._event))
            self._event = None
        elif kind == "trace":
            self._trace = {}

    def _put(self, path: str, kind: str, attrs: Mapping[str, str]) -> None:
        value = [] if kind in _HOLDERS else _value(kind, attrs.get("value"))
        if self._event is not None:
            _add(self._event, path, value)
        elif any(kind == "trace" for kind, _ in self._open):
            if self._began:
                raise TableError(
                    f"{self._place()}: `{path}` of a trace stands after its first event; it belongs before"
                )
            _add(self._trace, f"case:{path}", value)

    def _place(self) -> str:
        return f"{self._file}: line {self._line()}"


def _add(content: dict[str, object], path: str, value: object) -> None:
    # What is there twice is a list, which no mapping takes for a value.
    content[path] = [content[path], value] if path in content else value


def _value(kind: str, text: str | None) -> object:
    """An attribute's value as it is typed; its text where it is not what it says it is."""
    if text is None:
        return None
    try:
        match kind:
            case "date":
                return datetime.fromisoformat(text)
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "boolean":
                return _TRUTHS[text.strip()]
    except (ValueError, KeyError):
        pass
    return composed(text)
