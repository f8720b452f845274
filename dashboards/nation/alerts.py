"""The nation's alerts: which province is silent, and what no province can see of itself."""

from collections.abc import Iterator

from dashboards.nation.names import CELL_STATUS, PROVINCE, PROVINCE_DOUBT, PROVINCE_INFO, Doubt
from dashboards.nation.rules import PROVINCES
from dashboards.rules import wording
from dashboards.rules.inhibitions import Inhibition
from dashboards.rules.platform import platform_alerts
from dashboards.rules.rule import AlertRule
from dashboards.rules.timing import KEEP_FIRING, LEAD, PLATFORM_HOLD
from ioc.catalogue.model import Catalogue, Subsystem
from ioc.catalogue.nation import NationalLimits
from ioc.kpis.status import Status
from ioc.notices.heartbeat import DEAD_MAN_SWITCH
from ioc.text.bilingual import Language, Text

PROVINCE_SILENT = "IocProvinceSilent"
NATION_CUT_OFF = "IocNationCutOff"
PROVINCES_RED = "IocProvincesRed"
PROVINCE_RED = "IocProvinceRed"

RED_HOLD = 300
"""Seconds that something is red in several places before the nation is told: each province was told before."""
CUT_OFF = 0.5
"""From which share of provinces without an answer on, and of two at least, the nation's own line is at fault."""

OWN = ("IocDiskRunningOut", "IocRelayAbsent", "IocRelayUndelivered", "IocRulesFailing", DEAD_MAN_SWITCH)
"""The alerts of a province's platform that the nation's has, too."""

_NAMES = f"group by ({PROVINCE}, name_vi, name_en) ({PROVINCE_INFO})"


def national_alerts(catalogue: Catalogue, limits: NationalLimits) -> Iterator[AlertRule]:
    """All of them, those of the nation's own platform last."""
    yield _province_silent()
    yield _nation_cut_off()
    for subsystem in catalogue.subsystems.values():
        yield _provinces_red(subsystem, limits.provinces_red)
    yield _province_red(limits.subsystems_red)
    yield from (alert for alert in platform_alerts() if alert.alert in OWN)


def national_inhibitions() -> Iterator[Inhibition]:
    """One message instead of many where the nation's own line is at fault; the wall names the provinces as before."""
    yield Inhibition((f'alertname="{NATION_CUT_OFF}"',), (f'alertname="{PROVINCE_SILENT}"',))


def _province_silent() -> AlertRule:
    return AlertRule(
        alert=PROVINCE_SILENT,
        expr=_named(PROVINCE_DOUBT),
        hold=PLATFORM_HOLD,
        labels={"subsystem": "platform", "layer": "nation", "severity": "critical", "class": "page"},
        annotations={
            "summary_vi": "Tỉnh im lặng: {{ $labels.name_vi }}",
            "summary_en": "A province is silent: {{ $labels.name_en }}",
            "details_vi": f"{_why('vi')} Mọi ô của tỉnh hiển thị màu xám; màn hình của chính tỉnh có thể vẫn chạy.",
            "details_en": f"{_why('en')} All its cells are grey; the province's own wall may be well.",
        },
    )


def _why(language: Language) -> str:
    """A template: the doubt that the alert's value is."""
    return "".join(f"{{{{ if eq $value {doubt:d}.0 }}}}{doubt.text.titled(language)}.{{{{ end }}}}" for doubt in Doubt)


def _nation_cut_off() -> AlertRule:
    silent = f"count({PROVINCE_DOUBT} == {Doubt.NO_ANSWER:d})"
    return AlertRule(
        alert=NATION_CUT_OFF,
        expr=f"({silent} >= 2) / count({PROVINCES}) >= {CUT_OFF}",
        # Before the alerts that it makes superfluous.
        hold=PLATFORM_HOLD - LEAD,
        labels={"subsystem": "platform", "layer": "nation", "severity": "critical", "class": "page"},
        annotations={
            "summary_vi": "Trung ương mất liên lạc với nhiều tỉnh: {{ $value | humanizePercentage }}",
            "summary_en": "The nation hears nothing of many provinces: {{ $value | humanizePercentage }}",
            "details_vi": "Nhiều khả năng đường truyền hoặc máy của trung ương có lỗi, không phải các tỉnh.",
            "details_en": "It is likely that the nation's own line or machine is at fault, not the provinces.",
        },
    )


def _provinces_red(subsystem: Subsystem, number: int) -> AlertRule:
    """Each subsystem's own, so that it is called by its name."""
    slug = subsystem.subsystem
    # In single quotes, as it stands in a template's double ones, too.
    red = f"{CELL_STATUS}{{subsystem='{slug}'}} == {Status.RED:d}"
    name = Text(wording.literal(subsystem.name.vi), wording.literal(subsystem.name.en))
    return AlertRule(
        alert=PROVINCES_RED,
        expr=f"count({red}) >= {number}",
        hold=RED_HOLD,
        keep_firing=KEEP_FIRING,
        labels={"subsystem": slug, "layer": "nation", "severity": "critical", "class": "page"},
        annotations={
            "summary_vi": f"Nhiều tỉnh cùng cần xử lý: {name.vi}, {{{{ $value }}}} tỉnh",
            "summary_en": f"Red in several provinces: {name.en}, {{{{ $value }}}} provinces",
            "details_vi": f"{_list(red, 'name_vi')}. Cùng lúc ở nhiều tỉnh: hãy tìm nguyên nhân chung.",
            "details_en": f"{_list(red, 'name_en')}. At once in several: look for what they have in common.",
        },
    )


def _province_red(number: int) -> AlertRule:
    return AlertRule(
        alert=PROVINCE_RED,
        expr=_named(f"(count by ({PROVINCE}) ({CELL_STATUS} == {Status.RED:d}) >= {number})"),
        hold=RED_HOLD,
        keep_firing=KEEP_FIRING,
        labels={"subsystem": "platform", "layer": "nation", "severity": "warning", "class": "digest"},
        annotations={
            "summary_vi": "Tỉnh có nhiều phân hệ cần xử lý: {{ $labels.name_vi }}, {{ $value }}",
            "summary_en": "Many subsystems of a province are red: {{ $labels.name_en }}, {{ $value }}",
            "details_vi": "Tỉnh đã nhận các cảnh báo này; hãy hỏi tỉnh có cần hỗ trợ không.",
            "details_en": "The province was told of each; ask whether it needs help.",
        },
    )


def _named(expr: str) -> str:
    """With the province's names beside its code."""
    return f"{expr} * on ({PROVINCE}) group_right () {_NAMES}"


def _list(expr: str, label: str) -> str:
    """A template: the names of the provinces that an expression gives."""
    names = f'query "({expr}) * on ({PROVINCE}) group_right () {_NAMES}"'
    return (
        f"{{{{ range $place, $each := {names} }}}}{{{{ if $place }}}}, {{{{ end }}}}"
        f"{{{{ $each.Labels.{label} }}}}{{{{ end }}}}"
    )
