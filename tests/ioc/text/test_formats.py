"""Times as people read them."""

import pytest

from ioc.text import formats
from ioc.time.instants import EpochMs

NEVER, LONG_AGO = 253_402_300_799_000, -62_135_625_600_000


@pytest.mark.parametrize(
    ("instant", "text", "iso"),
    [
        (1_753_304_400_000, "24/07/2025 04:00", "2025-07-24T04:00:00+07:00"),
        (1_753_304_401_000, "24/07/2025 04:00:01", "2025-07-24T04:00:01+07:00"),
        (1_753_304_400_500, "24/07/2025 04:00:00.500", "2025-07-24T04:00:00.500+07:00"),
    ],
)
def test_a_deadline_is_shown_as_exactly_as_it_was_given(instant: int, text: str, iso: str) -> None:
    assert formats.exact_time_text(EpochMs(instant)) == text
    assert formats.exact_iso_time(EpochMs(instant)) == iso


@pytest.mark.parametrize(
    ("instant", "text", "iso"),
    [
        (NEVER, "31/12/9999 23:59:59", "9999-12-31T23:59:59+07:00"),
        (LONG_AGO, "01/01/1 00:00", "0001-01-01T00:00:00+07:00"),
    ],
)
def test_a_time_beyond_the_years_that_there_are_is_shown_as_their_end(instant: int, text: str, iso: str) -> None:
    assert formats.exact_time_text(EpochMs(instant)) == text
    assert formats.exact_iso_time(EpochMs(instant)) == iso
