"""A parent for the tests: starts one child, prints its pid, and waits to be killed. Argument: the log folder."""

import signal
import sys
import time
from pathlib import Path

from streams.stack.children import Children

# A run under nohup or in the background ignores them, and so does what it starts.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

child = Children(Path(sys.argv[1])).start("sleeper", ["sleep", "600"])
print(child.pid, flush=True)  # noqa: T201
time.sleep(600)
