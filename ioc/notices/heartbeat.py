"""The dead-man switch seen from its other end: an alert that always fires, and the one on its silence."""

from ioc.notices.alert import PAGE, Alert
from ioc.notices.book import PLATFORM

DEAD_MAN_SWITCH = "IocDeadManSwitch"
"""The alert that always fires; it leads to the runbook of its silence."""
FINGERPRINT = "heartbeat"
"""Unlike any that Alertmanager makes: those are hexadecimal."""

_LABELS = {
    "alertname": DEAD_MAN_SWITCH,
    "subsystem": PLATFORM,
    "layer": PLATFORM,
    "severity": "critical",
    "class": PAGE,
}
_ANNOTATIONS = {
    "summary_vi": "Chuỗi cảnh báo đã dừng",
    "summary_en": "Alerting is dead",
    "details_vi": "Nhịp kiểm tra của Prometheus không còn đến: không cảnh báo nào khác đến được. Hãy nhìn màn hình.",
    "details_en": "The heartbeat of Prometheus has ceased: no other alert can arrive. Watch the wall.",
}


def ceased(since: float, until: float | None = None) -> Alert:
    """The alert on a heartbeat that last came at ``since``, and came again at ``until``; seconds since the epoch."""
    return Alert(FINGERPRINT, _LABELS, _ANNOTATIONS, since, until)
