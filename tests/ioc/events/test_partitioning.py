from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as reference

from ioc.events.partitioning import murmur2, partition_of


def test_vectors_of_the_java_client_hold() -> None:
    # From org.apache.kafka.common.utils.UtilsTest, there as signed integers.
    vectors = {
        b"21": -973932308,
        b"foobar": -790332482,
        b"a-little-bit-long-string": -985981536,
        b"a-little-bit-longer-string": -1486304829,
        b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
        b"abc": 479470107,
    }
    assert {key: murmur2(key) for key in vectors} == {key: value & 0xFFFFFFFF for key, value in vectors.items()}


@given(st.binary(max_size=70))
def test_hash_is_that_of_kafka_python(key: bytes) -> None:
    assert murmur2(key) == reference(key)


def test_hashes_with_the_high_bit_stay_in_range() -> None:
    assert murmur2(b"21") >= 1 << 31
    assert partition_of(b"21", 12) == (-973932308 & 0x7FFFFFFF) % 12
