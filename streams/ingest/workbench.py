"""A database of its own for one file: what is sorted and compared lies on disk where it is larger than memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb


@contextmanager
def workbench(memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in a folder that only we can read, and that goes with it.

    It reaches no file but its own, no network and no variable of this program, whatever a query says.

    Args:
        memory: what it takes of it before it goes on on disk, as in ``256MB``.
    """
    with TemporaryDirectory(prefix="ioc-ingest-") as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "enable_external_access": "false",
                "autoload_known_extensions": "false",
                "autoinstall_known_extensions": "false",
                "python_enable_replacements": "false",
                "memory_limit": memory,
                "temp_directory": str(Path(folder) / "spilled"),
                "threads": "2",
            },
        )
        try:
            # Not the machine's zone, or a file would mean something else on another machine.
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()
