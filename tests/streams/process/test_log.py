"""A log in JSON is one object a line, whatever is logged, and however the process ends."""

import json
import subprocess
import sys
from typing import Any

import pytest

BEGIN = """
import logging, warnings
from streams.process.log import begin
begin(json=True)
log = logging.getLogger("a.name")
"""
HANGING = """
from streams.process import ending
from streams.process.log import cut_off
ending._CUT_OFF_IN_JSON = 0.2
ending.cut_off_in_json(cut_off)
def hang():
    logging._acquireLock()
    for handler in logging.root.handlers:
        handler.acquire()
    while True: pass
ending.begin("a test")
hang()
"""


def logged(program: str) -> list[dict[str, Any]]:
    """What a process writes to standard error that begins its log and goes on with a program."""
    process = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, text=True, check=False)
    assert process.stdout == ""
    return [json.loads(line) for line in process.stderr.removesuffix("\n").split("\n")]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (r"log.info('two\nlines')", "two\nlines"),
        (r"log.info('%s and %d', 'Phú Thọ', 7)", "Phú Thọ and 7"),
        (r"""log.info('"quoted" \\ {{ }} \x00 \u2028')""", '"quoted" \\ {{ }} \x00 \u2028'),
        (r"log.info('half a letter: \ud83d')", "half a letter: ?"),
    ],
)
def test_any_text_stays_what_it_is_on_one_line(call: str, message: str) -> None:
    (said,) = logged(call)
    assert (said["message"], said["level"], said["logger"]) == (message, "INFO", "a.name")


def test_an_exception_is_part_of_the_line_that_tells_it() -> None:
    (said,) = logged("try:\n 1 / 0\nexcept ZeroDivisionError:\n log.exception('it failed')")
    assert (said["message"], said["level"]) == ("it failed", "ERROR")
    assert said["exception"].startswith("Traceback")
    assert said["exception"].endswith("ZeroDivisionError: division by zero")


def test_what_nobody_caught_is_the_last_line() -> None:
    (said,) = logged("1 / 0")
    assert (said["level"], said["message"]) == ("CRITICAL", "Ended by ZeroDivisionError: division by zero")
    assert "Traceback" in said["exception"]


def test_a_warning_of_python_is_a_line_like_any_other() -> None:
    (said,) = logged("warnings.warn('odd')")
    assert (said["level"], said["logger"]) == ("WARNING", "py.warnings")


def test_what_hangs_is_cut_off_with_a_last_line_that_says_where() -> None:
    (ends, said) = logged(HANGING)
    assert ends["message"].startswith("Ending: a test.")
    assert (said["level"], said["message"]) == ("CRITICAL", "Cut off: it did not end in time")
    assert "MainThread" in said["stack"]
    assert "in hang" in said["stack"]
