"""The text of generated JSON: what it says is unchanged, and how its lines are broken."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ioc.text.json_text import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(), inner, max_size=8),
    max_leaves=40,
)
SHORT = {"name": "x" * 60, "parts": [1, 2]}
LONG = {**SHORT, "more": "y" * 80}


@given(VALUES)
def test_what_was_written_is_read_with_its_keys_in_order(value: object) -> None:
    in_order = json.dumps(value)
    assert json.dumps(json.loads(json_text(value))) == in_order


def test_what_fits_in_a_line_is_one_line() -> None:
    assert json_text({"a": [1, {"b": "ô"}], "c": {}}) == '{"a": [1, {"b": "ô"}], "c": {}}\n'


def test_an_object_that_does_not_fit_has_a_line_for_each_key() -> None:
    assert json_text({"a": {"short": SHORT, "more": "y" * 60}, "c": []}).splitlines() == [
        "{",
        '  "a": {',
        f'    "short": {json.dumps(SHORT)},',
        '    "more": "' + "y" * 60 + '"',
        "  },",
        '  "c": []',
        "}",
    ]


def test_a_list_that_does_not_fit_has_one_line_for_each_item_however_long() -> None:
    item = [LONG, LONG]
    assert json_text({"panels": [item, 1]}).splitlines() == [
        "{",
        '  "panels": [',
        f"    {json.dumps(item)},",
        "    1",
        "  ]",
        "}",
    ]


def test_an_object_stands_on_its_line_up_to_120_characters_with_the_comma() -> None:
    texts = [json_text({"a": {"k": "x" * length}, "b": "y" * 120}) for length in range(80, 120)]
    kept = [line for text in texts for line in text.splitlines() if line.startswith('  "a": {"k": ')]
    assert max(map(len, kept)) == 120
    assert len(kept) < len(texts)
