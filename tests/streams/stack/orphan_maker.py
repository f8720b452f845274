"""A parent for the tests: starts one child, prints its pid, and waits to be killed. Argument: the log folder."""

import sys
import time
from pathlib import Path

from streams.stack.children import Children

child = Children(Path(sys.argv[1])).start("sleeper", ["sleep", "600"])
print(child.pid, flush=True)  # noqa: T201
time.sleep(600)
