"""A report as one HTML file, for a screen, a mail or a printer; no script, nothing fetched."""

from html import escape

from ioc.notices.report.document import Cell, Column, Document, Section, Table

_STYLE = """
body { margin: 0 auto; max-width: 1000px; padding: 24px; color: #1b1f24; background: #fff;
  font: 16px/1.45 "Noto Serif", "Times New Roman", serif; }
h1 { font-size: 28px; margin: 4px 0; } h2 { font-size: 21px; margin: 40px 0 8px; } h3 { font-size: 16px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { border-bottom: 2px solid #1b1f24; } td { border-bottom: 1px solid #c9ced6; }
th, td { padding: 5px 6px; text-align: left; vertical-align: top; } .right { text-align: right; }
.dim { color: #68717d; } .good { color: #1d6b3a; } .watch { color: #8a5a00; font-weight: 700; }
.act { color: #a81e1e; font-weight: 700; } p { margin: 6px 0; }
@media print { section + section { break-before: page; } }
"""


def html_of(document: Document) -> bytes:
    mark = "" if document.mark is None else f'<p class="act">{escape(document.mark)}</p>'
    text = (
        f'<!doctype html><html lang="{document.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(document.title)}</title><style>{_STYLE}</style></head><body>"
        f'<p class="dim">{escape(document.issuer)}</p>{mark}<h1>{escape(document.title)}</h1>'
        f'<p class="dim">{escape(document.as_of)}</p>{"".join(map(_section, document.sections))}</body></html>\n'
    )
    return text.encode()


def _section(section: Section) -> str:
    lines = "".join(f'<p class="{line.tone}">{escape(line.text)}</p>' for line in section.lines)
    return f"<section><h2>{escape(section.title)}</h2>{lines}{''.join(map(_table, section.tables))}</section>"


def _table(table: Table) -> str:
    title = f"<h3>{escape(table.title)}</h3>" if table.title else ""
    if not table.rows:
        return f'{title}<p class="dim">{escape(table.empty)}</p>'
    head = "".join(f"<th{_side(column)}>{escape(column.title)}</th>" for column in table.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row, table.columns))}</tr>" for row in table.rows)
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(cell: Cell, column: Column) -> str:
    classes = f"{cell.tone} right" if column.right else cell.tone
    return f'<td class="{classes}">{escape(cell.text)}</td>'


def _side(column: Column) -> str:
    return ' class="right"' if column.right else ""
