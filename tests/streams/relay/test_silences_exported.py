"""Silences as the relay exports them for the duty officer's dashboard."""

from pathlib import Path

from prometheus_client import generate_latest

from ioc.notices.episode import Silence
from streams.relay.metrics import RelayMetrics
from streams.relay.store import Store
from streams.relay.supervision import Supervision

QUYET = "Nguyễn Văn Quyết"


def test_a_silence_is_exported_with_its_end_and_of_two_alike_the_later(tmp_path: Path) -> None:
    silences = [
        Silence(f"{end}", "alertname=IocKafkaDown", 100.0, end, QUYET, "bảo trì", {"alertname": "IocKafkaDown"})
        for end in (900.0, 500.0)
    ]
    store = Store(tmp_path / "relay.sqlite")
    page = generate_latest(RelayMetrics(store, 200.0, (), (), silences, Supervision(lambda: 200.0)).registry).decode()
    (line,) = [line for line in page.splitlines() if line.startswith("ioc_alert_silence_ends_timestamp_seconds{")]
    assert line.endswith(" 900.0")
    assert 'alertname="IocKafkaDown"' in line
    assert not [word for word in (QUYET, "bảo trì") if word in page]
