"""Alerts on certificates that end: time enough to renew them, and once more when it is nearly over."""

from collections.abc import Iterator

from dashboards.rules.rule import AlertRule
from dashboards.rules.timing import PLATFORM_HOLD
from ioc.kpis import platform_metrics

DAY = 86_400
SOON, VERY_SOON = 30 * DAY, 7 * DAY
"""Seconds before the end: the first is told in the digest, the second wakes somebody."""
ENDING = "IocCertificateEnding"

_LEFT = f"min by (certificate) ({platform_metrics.RELAY_CERTIFICATE_ENDS}) - time()"


def certificate_alerts() -> Iterator[AlertRule]:
    """Both, of every certificate that is watched: the second hides the first. An unreadable one counts as ended."""
    yield _alert(f"{_LEFT} < {SOON}", "warning", "digest")
    yield _alert(f"{_LEFT} < {VERY_SOON}", "critical", "page")


def _alert(expr: str, severity: str, alert_class: str) -> AlertRule:
    name, left = "{{ $labels.certificate }}", "{{ $value | humanizeDuration }}"
    return AlertRule(
        alert=ENDING,
        expr=expr,
        hold=PLATFORM_HOLD,
        labels={"subsystem": "platform", "layer": "platform", "severity": severity, "class": alert_class},
        annotations={
            "summary_vi": f"Chứng thư sắp hết hạn: {name}",
            "summary_en": f"A certificate ends soon: {name}",
            "details_vi": f"Còn {left}; hết hạn thì không ai kết nối được nữa.",
            "details_en": f"{left} are left; after that nobody can connect any more.",
        },
    )
