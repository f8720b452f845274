"""Ways to spoil an input: bytes, JSON values, lines."""

import io
import json
from random import Random
from typing import Any
from zipfile import ZipFile

ODD_TEXTS = [
    *(
        "",
        " ",
        "\0",
        "\ud800",
        "x" * 300,
        "NaN",
        "-0",
        "1e400",
        "0x10",
        "=1+1",
        "Phú Thọ",
        "𠮷",
        "\u202e",
        "null",
        "{}",
    ),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2025-02-30", "2025-10-31T24:00:00Z", "31/10/2025"),
    *("2025-10-31T12:00:00.123456789Z", "1970-01-01T00:00:00+23:59", "-5", "99999999999999999999", "1,5"),
]
ODD_NUMBERS = [0, -0.0, -1, 1e12, 1e308, 10**12, 10**30, -(10**18), 2**63, 0.1, 1e-320]
ODD: list[Any] = [None, True, False, [], {}, [[]], [None], {"a": 1}, *ODD_TEXTS, *ODD_NUMBERS]
ODD_JSON = [
    *(b"NaN", b"Infinity", b"1e999", b"-", b"\x00", b"\xff", b'"\\ud800"', b'"\\u0000"'),
    *(b"[" * 2_000, b'{"a":' * 2_000),
]
ODD_YAML = [
    *(": ", "- ", "*x", "&a [*a]", "!!python/object:os.system x"),
    *("{", "? ", "|", "\t", "%YAML 9", "...", "on", "~"),
]


def odd_value(random: Random) -> Any:
    """A cell of a table, seldom what a mapping hopes for."""
    good = ["2017-01-01T06:00:42Z", "2025-03-04", "1", "YES", "NO", "suspicious", "17-000003", 3, 5.5]
    return random.choice(good) if random.random() < 0.7 else random.choice(ODD)


def mutated(content: bytes, random: Random) -> bytes:
    """Some bytes changed, cut, doubled or put in."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(changed) + 1)
        match random.randrange(5):
            case 0 if at < len(changed):
                changed[at] = random.randrange(256)
            case 1:
                del changed[at : at + random.randrange(1, 20)]
            case 2:
                changed[at:at] = changed[at : at + random.randrange(1, 50)]
            case 3:
                changed[at:at] = random.choice(ODD_JSON)
            case _:
                del changed[at:]
    return bytes(changed)


def mutated_part(content: bytes, random: Random) -> bytes:
    """An archive with bytes of one of its files changed; at times those of the archive itself."""
    if random.random() < 0.2:
        return mutated(content, random)
    with ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    spoilt = random.choice([*parts])
    written = io.BytesIO()
    with ZipFile(written, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, mutated(part, random) if name == spoilt else part)
    return written.getvalue()


def mutated_json(content: bytes, random: Random) -> bytes:
    """JSON in which some values are odd, gone or there twice; bytes that are none are changed as bytes."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return mutated(content, random)
    for _ in range(random.choice((1, 1, 2))):
        value = _spoilt(value, random)
    return json.dumps(value).encode()


def _spoilt(value: Any, random: Random) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.95:
        name = random.choice([*value])
        match random.randrange(6):
            case 0:
                return {other: each for other, each in value.items() if other != name}
            case 1:
                return {**value, random.choice(ODD_TEXTS): value[name]}
            case _:
                return {**value, name: _spoilt(value[name], random)}
    return random.choice(ODD)


def mutated_lines(content: bytes, random: Random) -> bytes:
    """Lines gone, doubled, moved or indented otherwise, or a word of them odd."""
    lines = content.decode().splitlines()
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        at, other = random.randrange(len(lines)), random.randrange(len(lines))
        match random.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at] = " " * random.randrange(9) + lines[at].lstrip()
            case 3:
                lines[at], lines[other] = lines[other], lines[at]
            case 4:
                lines[at] = lines[at].partition(":")[0] + ": " + _word(random)
            case _:
                words = lines[at].split(" ")
                words[random.randrange(len(words))] = _word(random)
                lines[at] = " ".join(words)
        if not lines:
            break
    return "\n".join(lines).encode(errors="replace")


def _word(random: Random) -> str:
    return random.choice([*ODD_YAML, *(str(each) for each in ODD), *("total", "[]", "{}", "1d", "1wd", "true")])


def odd_header(text: bytes, random: Random) -> bytes | None:
    """A header's value, spoilt or none at all."""
    return None if random.random() < 0.5 else mutated(text, random)
