"""Instants as whole milliseconds: exact where a float of seconds is not."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from ioc.time.instants import ms_from_datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(since=st.integers(-60_000_000_000_000_000, 250_000_000_000_000_000), zone=ZONES)
def test_every_microsecond_is_rounded_down_in_every_zone(since: int, zone: timezone) -> None:
    moment = (EPOCH + timedelta(microseconds=since)).astimezone(zone)
    assert ms_from_datetime(moment) == since // 1000


def test_the_first_and_the_last_moment_that_can_be_written() -> None:
    zone = timezone(timedelta(hours=7))
    assert ms_from_datetime(datetime.min.replace(tzinfo=zone)) == -62_135_596_800_000 - 7 * 3_600_000
    assert ms_from_datetime(datetime.max.replace(tzinfo=zone)) == 253_402_300_799_999 - 7 * 3_600_000
