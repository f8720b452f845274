"""JSON Lines: an object a line, its inner values by their paths."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from ioc.events.mappings import Cells, RowFault
from streams.ingest.nested import row_of
from streams.ingest.row_file import Row, RowBlock, RowFile, blocks_of
from streams.ingest.text import encoding_of, opened_lines

_MARK = "\ufeff"


class JsonLinesFile(RowFile):
    """Rows of a JSON Lines file."""

    def blocks(self) -> Iterator[RowBlock]:
        return blocks_of(self._rows())

    def _rows(self) -> Iterator[Row]:
        number = 0
        with self._lines() as lines:
            for line, content in enumerate(lines, 1):
                if content.strip():
                    number += 1
                    yield Row(number, line, self._content(content))

    @contextmanager
    def _lines(self) -> Iterator[Iterator[str | bytes]]:
        if self._encoding.startswith(("utf-16", "utf-32")):
            with opened_lines(self.origin, self._reads.encoding, "\n") as lines:
                yield lines
        else:
            # Line by line, so that a wrong byte costs its own line alone.
            with self.origin.opened() as stream:
                yield iter(stream)

    @property
    def _encoding(self) -> str:
        return encoding_of(self.origin.head, self._reads.encoding)

    def _content(self, line: str | bytes) -> Cells | RowFault:
        try:
            text = line if isinstance(line, str) else line.decode(self._encoding).removeprefix(_MARK)
            content = msgspec.json.decode(text)
            if isinstance(content, dict):
                return row_of(content)
        except UnicodeError as error:
            return RowFault("malformed_row", f"this is not {self._encoding.removesuffix('-sig')}: {error}")
        except (msgspec.MsgspecError, RecursionError) as error:
            return RowFault("malformed_row", f"this is no JSON: {error}")
        hint = "; write each of its objects on a line of its own" if isinstance(content, list) else ""
        return RowFault("malformed_row", f"a line must be a JSON object, not {type(content).__name__}{hint}")
