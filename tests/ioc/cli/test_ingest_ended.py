"""An ingest that is ended leaves nothing of what it read."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LOG = "case,at,what\n"
MAPPING = """
mapping: test
subsystem: citizen_feedback
times: {at: {column: at, zone: Asia/Ho_Chi_Minh}}
events:
  - event: request.resolved
    time: at
    data: {service_request_id: case}
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_ingest_that_is_ended_leaves_no_row_behind(number: signal.Signals, tmp_path: Path) -> None:
    mapping, file, private = tmp_path / "test.yaml", tmp_path / "log.csv", tmp_path / "private"
    mapping.write_text(MAPPING, encoding="utf-8")
    file.write_text(LOG + "".join(f"F-{case},2025-11-01 10:00,x\n" for case in range(400_000)), encoding="utf-8")
    private.mkdir()
    command = [sys.executable, "-m", "ioc.cli", "ingest", str(file), "--mapping", str(mapping), "--dry-run"]
    run = subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(private)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    until = time.monotonic() + 60
    # Python itself first tries by a file of another name whether it may write there.
    while not list(private.glob("ioc-ingest-*")):
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.02)
    run.send_signal(number)
    run.communicate(timeout=30)
    assert run.returncode == 128 + number
    assert list(private.iterdir()) == []
