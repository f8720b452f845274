"""Texts that something has choked on, those of public bug reports among them."""

from random import Random

SHOWN = (
    "}} and {",
    "$5 and 5 $",
    "100 % of %s %d {0} {name}",
    '"quoted"',
    "it's",
    "`code`",
    "back\\slash",
    "\\",
    "\\n",
    "trailing backslash \\",
    "<b>bold</b>",
    "</script><!-- x -->",
    "<img src=x onerror=alert(1)>",
    "a < b > c & d",
    "&lt; &#60; &amp;",
    "a|b",
    "a;b, c:d = e",
    "=1+1",
    "*stars* and _lines_",
    "snake_case and _this",
    "~~gone~~ ^up^ ==marked== ++key++",
    "# heading",
    "- item",
    "1. item",
    "12) item",
    "2025. item",
    "ends with #",
    "ends with {",
    "> quote",
    "[link](https://example.com)",
    "![picture](x.png)",
    "{ .class #id }",
    "[red]markup[/red]",
    "[/]",
    ":smile: (c) 1/2 -->",
    "Phú Thọ",
    "Phu\u0301 Tho\u0323",
    "👩‍👩‍👧 🇻🇳",
    "שלום עולם",
    "مرحبا",
    "non\u00a0breaking",
    "tất cả " * 20 + "x",
    "a" * 63,
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3,
    "null",
    "~",
    "yes",
    "1e3",
    "0x10",
    "2025-10-31",
    "#N/A",
    "@here",
    "?a=1&b=2#c",
    "../../etc/passwd",
    "%41%0a",
    "!!python/object:os.system x",
    "*alias &anchor",
    "a: b # c",
)
"""Those that every output shows as they are."""

REFUSED = (
    "{{ .Value }}",
    "{{",
    "$unit",
    "${unit}",
    "[[unit]]",
    "two\nlines",
    "a return\rwithin",
    "next\u0085line",
    "line\u2028separator",
    "tab\tulator",
    "\u001b[31mred",
    "nul\0within",
    "\u202egnidrocer",
    "\u2066isolated\u2069",
    "\ufeffmarked",
    "\uffff",
    " spaces around ",
    "",
)
"""Those that a catalogue may not hold; from events and people they come all the same."""

ALL = (*SHOWN, *REFUSED)

_PIECES = [*ALL, *"{}[]()<>|;:,.'\"`\\/&#%$*_~^=+-!?@ ", "{", "$", "a", "đ", "\u0301", "\u200d", "𠮷", "x" * 40]


def made_up(random: Random) -> str:
    """A text of odd pieces."""
    return "".join(random.choice(_PIECES) for _ in range(random.randrange(1, 6)))
