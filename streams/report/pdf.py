"""A report as PDF, set by Typst with the fonts of its own wheel: the same on every machine."""

import json
from dataclasses import asdict
from importlib.resources import files

import typst

from ioc.reports.document import Document


def pdf_of(document: Document) -> bytes:
    """The same document gives the same octets."""
    template = files("streams.report").joinpath("report.typ").read_bytes()
    compiler = typst.Compiler(ignore_system_fonts=True)
    made = compiler.compile(
        template,
        format="pdf",
        sys_inputs={"document": json.dumps(asdict(document), ensure_ascii=False)},
        timestamp=document.moment,
    )
    assert isinstance(made, bytes)
    return made
