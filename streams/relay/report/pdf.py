"""A report as PDF, set by Typst with the fonts of its own wheel: the same on every machine.

Typst is 80 MB and keeps 30 MB more of each report that it has set. So it is a process of its own, which ends: reports
are not to take the memory of the relay, which tells people of alerts.
"""

import json
import subprocess
import sys
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ioc.notices.report.document import Document

_PATIENCE = 300.0
"""Seconds; on a busy machine a report of a month takes some ten."""


def pdf_of(document: "Document") -> bytes:
    """The same document gives the same octets. Raises RuntimeError with Typst's words where it cannot be set."""
    told = json.dumps(asdict(document), ensure_ascii=False).encode()
    made = subprocess.run(
        [sys.executable, "-m", "streams.relay.report.pdf"],
        input=told,
        capture_output=True,
        timeout=_PATIENCE,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"the PDF could not be set: {made.stderr.decode(errors='replace')[-500:]}")
    return made.stdout


def _set(document: dict[str, Any]) -> bytes:
    import typst

    template = files("streams.relay.report").joinpath("report.typ").read_bytes()
    octets = typst.Compiler(ignore_system_fonts=True).compile(
        template,
        format="pdf",
        sys_inputs={"document": json.dumps(document, ensure_ascii=False)},
        timestamp=document["moment"],
    )
    assert isinstance(octets, bytes)
    return octets


if __name__ == "__main__":
    sys.stdout.buffer.write(_set(json.load(sys.stdin.buffer)))
