"""Child processes that never outlive their parent."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_TETHER = Path(__file__).with_name("tether.py")
_POLL = 0.05


class ChildFailed(RuntimeError):
    """A child died or did not become ready; the message ends with the last lines of its log."""


class Child:
    """One running process, in its own process group, with one log file.

    It is killed when the thread that started it ends, however that happens (Linux' parent-death signal belongs to the
    thread), which is why only the main thread may start one.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start `command` in the folder `cwd` (None: this process' own), appending its output to `log`.

        `env` is added to this process' environment.

        Raises RuntimeError when called outside the main thread or outside Linux.
        """
        if sys.platform != "linux":
            raise RuntimeError("The local stack needs Linux: elsewhere use docker compose.")
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"Start {name} from the main thread: a child dies with the thread that started it.")
        self.name = name
        self.log = log
        self.asked_to_end = False
        launcher = [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid())]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*launcher, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                # Ctrl-C must reach the parent only, which then stops its children in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: the signal that ended it), None while it runs."""
        return self._process.poll()

    @property
    def running(self) -> bool:
        return self.exit_code is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child and all its descendants; a child that has ended gets none."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        return self._process.wait(timeout)

    def kill(self) -> None:
        """End it at once, without a chance to clean up (kill -9)."""
        self.asked_to_end = True
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self, grace: float = 20.0) -> None:
        """Ask it to end, and kill it after `grace` seconds."""
        self.asked_to_end = True
        self.signal(signal.SIGTERM)
        try:
            self.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_until(self, ready: Callable[[], bool], timeout: float = 120.0) -> None:
        """Wait until `ready()` is true. Raises ChildFailed if the child dies first or `timeout` seconds pass."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.running:
                raise self.failure(f"ended with exit code {self.exit_code} before it was ready")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {timeout:.0f} s")
            time.sleep(_POLL)

    def failure(self, what: str) -> ChildFailed:
        """An error that says what happened and shows the end of the log."""
        return ChildFailed(f"{self.name} {what}. The end of {self.log}:\n{self.last_lines()}")

    def last_lines(self, count: int = 15) -> str:
        """The last `count` lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


class Children:
    """The child processes of one stack: one log folder, stopped in the reverse order of their start."""

    def __init__(self, logs: Path) -> None:
        """`logs` is the folder of the log files, one per child; it is created if missing."""
        self.logs = logs
        self._children: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(
        self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Child:
        """Start a program; its output is appended to `<name>.log`. The rest is Child's."""
        child = Child(name, command, self.logs / f"{name}.log", env, cwd)
        self._children.append(child)
        return child

    def named(self, name: str) -> Child:
        """The child started last under a name. Raises KeyError."""
        return {child.name: child for child in self._children}[name]

    def failed(self) -> list[Child]:
        """Children that ended with an error though nobody asked them to end."""
        return [child for child in self._children if child.exit_code and not child.asked_to_end]

    def stop(self, before: Callable[[Child], None] = lambda _: None) -> None:
        """Stop all children that run, the last started first, and tell `before` of each before it is stopped."""
        while self._children:
            child = self._children[-1]
            if child.running:
                before(child)
                child.stop()
            self._children.pop()  # only now, so that a second call goes on where Ctrl-C broke off the first

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
