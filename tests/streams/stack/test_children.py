import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.stack.children import ChildFailed, Children

ORPHAN_MAKER = Path(__file__).with_name("orphan_maker.py")
IGNORES_SIGTERM = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def eventually(fact: Callable[[], bool], limit: float = 30.0) -> bool:
    deadline = time.monotonic() + limit
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.02)
    return fact()


@contextmanager
def parent_with_child(logs: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, str(ORPHAN_MAKER), str(logs)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True) as parent:
        try:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            # Until then it is the launcher, which is tied to its parent a moment after it starts.
            assert eventually(lambda: b"sleep" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0])
            yield parent, child
        finally:
            parent.kill()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_child_dies_with_its_parent(end: signal.Signals, tmp_path: Path) -> None:
    with parent_with_child(tmp_path) as (parent, child):
        assert alive(child)
        parent.send_signal(end)
        parent.wait(30)
        assert eventually(lambda: not alive(child))


def test_launcher_whose_parent_is_gone_starts_nothing() -> None:
    tether = Path(sys.modules[Children.__module__].__file__ or "").with_name("tether.py")
    not_our_pid = os.getppid()
    result = subprocess.run(
        [sys.executable, str(tether), str(not_our_pid), "echo", "started"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stdout == ""


def test_ctrl_c_in_the_terminal_does_not_reach_children(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("sleeper", ["sleep", "600"])
        assert os.getpgid(child.pid) != os.getpgid(0)
        assert os.getsid(child.pid) != os.getsid(0)


def test_child_that_ends_too_early_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("broken", ["sh", "-c", "seq 1 50; echo no such disk >&2; exit 3"])
        with pytest.raises(ChildFailed) as failed:
            child.wait_until(lambda: False)
    message = str(failed.value)
    assert message.startswith("broken ended with exit code 3")
    assert message.endswith("49\n50\nno such disk")
    assert "\n30\n" not in message
    assert children.failed() == []  # stopped stacks have no children


def test_child_that_never_gets_ready_is_reported(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("slow", ["sleep", "600"])
        with pytest.raises(ChildFailed, match="slow was not ready after 0 s"):
            child.wait_until(lambda: False, timeout=0.1)


def test_program_that_does_not_exist_is_named_in_the_log(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("missing", ["no-such-program"])
        with pytest.raises(ChildFailed, match=r"Cannot run no-such-program: No such file or directory\.$"):
            child.wait_until(lambda: False)


def test_children_stop_in_reverse_order(tmp_path: Path) -> None:
    stopped: list[str] = []
    with Children(tmp_path) as children:
        for name in ("first", "second", "third"):
            children.start(name, ["sleep", "600"])
        children.stop(lambda child: stopped.append(child.name))
    assert stopped == ["third", "second", "first"]


def test_child_deaf_to_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("deaf", [sys.executable, "-c", IGNORES_SIGTERM])
        child.wait_until(lambda: "deaf" in child.last_lines())
        child.stop(grace=0.2)
        assert child.exit_code == -signal.SIGKILL


def test_kill_reaches_grandchildren(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("shell", ["sh", "-c", "sleep 600 & echo $!; wait"])
        child.wait_until(lambda: child.last_lines() != "")
        grandchild = int(child.last_lines())
        assert alive(grandchild)
        child.kill()
        assert eventually(lambda: not alive(grandchild))


def test_only_children_that_failed_by_themselves_count_as_failed(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        children.start("done", ["true"]).wait(30)
        children.start("stopped", ["sleep", "600"]).stop()
        failing = children.start("failing", ["false"])
        failing.wait(30)
        assert children.failed() == [failing]


def test_child_gets_environment_and_folder(tmp_path: Path) -> None:
    with Children(tmp_path / "logs") as children:
        child = children.start("shell", ["sh", "-c", "echo $COLOUR; pwd"], {"COLOUR": "green"}, tmp_path)
        child.wait(30)
        assert child.last_lines() == f"green\n{tmp_path}"


def test_start_in_a_thread_that_may_end_is_refused(tmp_path: Path) -> None:
    refused: list[str] = []

    def start() -> None:
        try:
            Children(tmp_path).start("sleeper", ["sleep", "600"])
        except RuntimeError as error:
            refused.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refused == ["Start sleeper from the main thread: a child dies with the thread that started it."]
