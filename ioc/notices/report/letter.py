"""The mail that reports go out with: what matters in its text, the whole in its attachments."""

from collections.abc import Sequence
from typing import NamedTuple

from ioc.notices.report.document import Document
from ioc.text.bilingual import Text

_ATTACHED = Text("Báo cáo đầy đủ ở các tệp đính kèm.", "The whole reports are attached.")


class Letter(NamedTuple):
    subject: str
    text: str


def letter(documents: Sequence[Document]) -> Letter:
    """The first page of each report as plain text, the newest period first; at least one."""
    first = documents[0]
    marks = [f"*** {first.mark.upper()} ***"] if first.mark else []
    parts = ["\n".join([each.title, each.as_of, "", *_summary(each)]) for each in documents]
    text = "\n\n".join([first.issuer, *marks, *parts, _ATTACHED.of(first.language)])
    return Letter(f"[IOC] {', '.join(each.title for each in documents)}", text)


def _summary(document: Document) -> list[str]:
    section = document.sections[0]
    rows = [row for table in section.tables for row in table.rows]
    return [*(line.text for line in section.lines), "", *("- " + "; ".join(cell.text for cell in row) for row in rows)]
