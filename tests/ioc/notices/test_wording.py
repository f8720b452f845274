"""What a message says, field by field and channel by channel."""

import re
from dataclasses import asdict, replace
from typing import Any

import pytest

from dashboards.rules.platform import platform_alerts
from dashboards.rules.rule import AlertRule
from ioc.notices.book import Book, book_of
from ioc.notices.channels import Channel, compose, marked
from ioc.notices.description import Context, Description, describe
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.figures import AlertBreakdown, AlertFigure, AlertFigures, WorstPlace
from ioc.notices.links import Links
from ioc.notices.notice import Kind, Notice
from ioc.notices.short import unaccented
from ioc.text.bilingual import Language, Text
from tests.ioc.notices.samples import AT_FOUR, FIGURES, WORST, alert, episode, platform
from tests.packaged import packaged_catalogue

NOW = AT_FOUR + 720
RELAY = "https://ioc.example/relay"


@pytest.fixture
def context(book: Book) -> Context:
    steps = {"IocPublicServicesOverdueShare": Text("Mở danh sách hồ sơ quá hạn.", "Open the list of overdue dossiers.")}
    return Context(book, Links(RELAY, f"{RELAY}/runbooks", "https://ioc.example/grafana"), steps)


def notice(*alerts: Any, kind: Kind = Kind.FIRING, figures: AlertFigures | None = FIGURES) -> Notice:
    return Notice(kind, [episode(each, figures) for each in alerts], NOW)


def told(one: Any, context: Context, language: Language = "vi", figures: AlertFigures | None = FIGURES) -> Description:
    return describe(episode(one, figures), context, NOW, language)


def test_a_kpi_alert_says_every_field_in_vietnamese(context: Context) -> None:
    one = alert()
    said = asdict(told(one, context))
    details = said.pop("details")
    assert said == {
        "status": "Cần xử lý",
        "subsystem": "Dịch vụ hành chính công",
        "title": "Tỷ lệ đang xử lý quá hạn",
        "place": "Tỉnh Phú Thọ",
        "value": "3,55 % (1.137/32.043)",
        "limit": "≥ 3 %",
        "since": "24/07/2025 03:55 (17 phút)",
        "change": "+0,35 điểm (3,20 %)",
        "first_step": "Mở danh sách hồ sơ quá hạn.",
        "runbook": f"{RELAY}/runbooks/IocPublicServicesOverdueShare",
        "dashboard": "https://ioc.example/grafana/d/ioc-vi-public-services"
        f"?from={round((AT_FOUR - 300 - 3600) * 1000)}&to=now",
        "page": f"{RELAY}/alerts/{one.key}",
        "simulated": "Dữ liệu mô phỏng",
    }
    assert details[0].startswith("Đơn vị giải quyết: 148 vượt ngưỡng, nặng nhất: Phường Vĩnh Phúc 12,00 % (12/100); ")
    assert details[0].count(";") == 9


def test_english_writes_numbers_the_english_way(context: Context) -> None:
    said = told(alert(), context, "en")
    assert (said.title, said.value, said.limit) == ("Overdue share", "3.55% (1,137/32,043)", "≥ 3%")
    assert (said.change, said.simulated) == ("+0.35 points (3.20%)", "simulated")


def test_the_one_unit_that_breaks_a_limit_is_named_with_its_own_figure_and_dashboard(context: Context) -> None:
    one_place = AlertBreakdown(("unit",), 1, WORST[:1])
    figures = replace(FIGURES, whole=AlertFigure(0.009), breakdowns=(one_place,))
    said = told(alert(), context, figures=figures)
    assert (said.place, said.value) == ("Phường Vĩnh Phúc", "12,00 % (12/100)")
    assert said.dashboard is not None
    assert said.dashboard.endswith("&var-unit=8716")


def test_an_alert_that_ended_unseen_is_not_said_to_be_well(context: Context) -> None:
    said = told(alert(ends_at=NOW, annotations={"lost_sight": "true"}), context)
    assert said.status == "Không còn theo dõi được"


def test_while_the_whole_is_well_the_worst_of_several_units_is_named_with_their_number(context: Context) -> None:
    said = told(alert(), context, figures=replace(FIGURES, whole=AlertFigure(0.009)))
    assert (said.place, said.value) == ("Phường Vĩnh Phúc và 147 nơi khác", "12,00 % (12/100)")
    assert said.change == "Tỉnh Phú Thọ −2,30 điểm (3,20 %)"
    assert said.dashboard is not None
    assert "var-unit" not in said.dashboard


def test_a_whole_that_is_its_worst_place_is_named_as_that(context: Context) -> None:
    place = WorstPlace(("thao_phu_tho",), AlertFigure(2))
    figures = AlertFigures(AlertFigure(2), 0, simulated=False, breakdowns=(AlertBreakdown(("station",), 1, (place,)),))
    labels = {"subsystem": "environment", "kpi": "river_alarm_level"}
    said = told(alert("IocEnvironmentRiverAlarmLevel", **labels), context, figures=figures)
    assert (said.place, said.value, said.change) == ("Sông Thao, Phú Thọ", "2", "+2 (0)")


def test_an_installation_of_simulated_data_marks_alerts_without_figures_too(context: Context) -> None:
    said = told(platform("IocExporterAbsent"), replace(context, simulated=True))
    assert said.simulated == "Dữ liệu mô phỏng"


def test_times_and_counts_have_their_own_form(context: Context) -> None:
    one = alert("IocHealthAmbulanceP90", subsystem="health", kpi="ambulance_p90")
    said = told(one, context, figures=AlertFigures(AlertFigure(1830), 1830, simulated=False))
    assert (said.value, said.limit, said.change) == ("30 phút 30 giây", "≥ 30 phút", "không đổi (30 phút 30 giây)")
    assert said.simulated is None


def test_a_platform_alert_says_its_summary_and_details(context: Context) -> None:
    said = told(platform("IocExporterAbsent"), context)
    assert (said.subsystem, said.title) == ("Nền tảng IOC", "Không có exporter nào trả lời")
    assert said.details == ("Màn hình không có số liệu mới.",)
    assert (said.value, said.limit, said.place) == (None, None, None)


@pytest.mark.parametrize("rule", [*platform_alerts()], ids=lambda rule: rule.alert)
def test_no_alert_of_the_platform_names_a_subsystem_or_a_feed_by_its_slug(rule: AlertRule, context: Context) -> None:
    labels = {"subsystem": "public_services", "feed": "reconciliation"}
    texts = dict(rule.annotations)
    for label, slug in labels.items():
        written = re.compile(rf"{{{{ (or )?\$labels\.{label}\b.*?}}}}")
        texts = {name: written.sub(slug, text) for name, text in texts.items()}
    said = told(alert(rule.alert, annotations=texts, kpi="", **labels), context)
    assert [slug for slug in labels.values() if slug in said.title] == []
    for label, name in (("subsystem", "Dịch vụ hành chính công"), ("feed", "Đối soát")):
        assert (name in said.title) is (f"$labels.{label}" in rule.annotations["summary_vi"])


def test_an_alert_of_which_prometheus_says_nothing_is_told_by_its_summary(context: Context) -> None:
    texts = {"summary_vi": "Cần xử lý: quá hạn, ngưỡng ≥ 3 %; toàn tỉnh 3,55 %", "details_vi": "Hồ sơ quá hạn."}
    said = told(alert(annotations=texts), context, figures=None)
    assert (said.title, said.details) == (texts["summary_vi"], ("Hồ sơ quá hạn.",))
    assert (said.value, said.place, said.limit) == (None, None, "≥ 3 %")


def test_an_alert_without_figures_and_summary_has_still_its_kpis_name(context: Context) -> None:
    assert told(alert(), context, figures=None).title == "Tỷ lệ đang xử lý quá hạn"


def test_mail_is_vietnamese_first_and_says_that_data_is_simulated(context: Context) -> None:
    mail = compose(Channel.EMAIL, notice(alert()), context)
    assert mail["subject"] == ("[CẢNH BÁO] Dịch vụ hành chính công: Tỷ lệ đang xử lý quá hạn (Dữ liệu mô phỏng)")
    vietnamese, english = mail["text"].split("— — —")
    assert "*** DỮ LIỆU MÔ PHỎNG ***" in vietnamese
    assert "Giá trị: 3,55 % (1.137/32.043)\nNgưỡng: ≥ 3 %\nTừ: 24/07/2025 03:55 (17 phút)" in vietnamese
    assert "Value: 3.55% (1,137/32,043)" in english
    assert "*** SIMULATED ***" in english


def test_a_resolved_message_says_how_long_it_lasted_and_asks_for_nothing(context: Context) -> None:
    mail = compose(Channel.EMAIL, notice(alert(ends_at=AT_FOUR + 600), kind=Kind.RESOLVED), context)
    assert mail["subject"].startswith("[ĐÃ HẾT] ")
    assert "Đã trở lại bình thường: Tỷ lệ đang xử lý quá hạn" in mail["text"]
    assert "24/07/2025 03:55 (15 phút)" in mail["text"]
    assert "Xác nhận" not in mail["text"]


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_zalo_keeps_within_2000_characters(context: Context, count: int) -> None:
    alerts = [alert(starts_at=AT_FOUR + number) for number in range(count)]
    text = compose(Channel.ZALO, notice(*alerts), context)["text"]
    assert len(text) <= 2000
    assert text.startswith("[CẢNH BÁO] Dịch vụ hành chính công: Tỷ lệ đang xử lý quá hạn")
    assert len(marked(Channel.ZALO, {"text": text})["text"]) <= 2000


def test_zalo_says_both_languages_where_they_fit(context: Context) -> None:
    text = compose(Channel.ZALO, notice(alert()), context)["text"]
    assert "Giá trị: " in text
    assert "Value: " in text


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.DIGEST])
@pytest.mark.parametrize(
    "alerts",
    [
        [alert()],
        [alert(), platform("IocExporterAbsent")],
        [platform("IocExporterAbsent")],
        [platform("IocExporterAbsent") for _ in range(200)],
        [replace(platform("X"), annotations={"summary_vi": "Ướ" * 300, "summary_en": "x"})],
    ],
)
def test_sms_is_plain_within_160_and_keeps_its_link(context: Context, kind: Kind, alerts: list[Any]) -> None:
    text = compose(Channel.SMS, notice(*alerts, kind=kind), context)["text"]
    assert text.isascii()
    assert len(text) <= 160
    assert not set(text) & set("[]{}|~^\\`")
    if kind is not Kind.RESOLVED:
        assert text.endswith(f"{RELAY}/alerts/{alerts[0].key}")


def test_sms_says_what_by_how_much_and_since_when(context: Context) -> None:
    text = compose(Channel.SMS, notice(alert(), figures=replace(FIGURES, simulated=False)), context)["text"]
    assert text.startswith("IOC CANH BAO: Ty le dang xu ly qua han 3,55 % (1.137/32.043) tai Tinh Phu Tho")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Tỷ lệ đang xử lý quá hạn", "Ty le dang xu ly qua han"),
        ("ĐÀ BẮC ≥ 3 %", "DA BAC >= 3 %"),
        ("[a] {b} – “c”…", '(a) (b) - "c"...'),
        ("日", "?"),
        ("một\n hai", "mot hai"),
    ],
)
def test_unaccented(text: str, plain: str) -> None:
    assert unaccented(text) == plain


def test_a_webhook_has_every_field_as_data(context: Context) -> None:
    payload = compose(Channel.WEBHOOK, notice(alert()), context)
    [told] = payload["alerts"]
    assert (payload["kind"], payload["time"], payload["duplicate"]) == ("firing", "2025-07-24T04:12:00+07:00", False)
    assert (told["subsystem"], told["kpi"], told["severity"], told["class"], told["resolved"]) == (
        "public_services",
        "overdue_share",
        "critical",
        "page",
        False,
    )
    assert told["vi"]["value"] == "3,55 % (1.137/32.043)"
    assert told["en"]["value"] == "3.55% (1,137/32,043)"


def test_a_possible_duplicate_says_so_on_every_channel(context: Context) -> None:
    for channel in Channel:
        payload = compose(channel, notice(alert()), context)
        again = marked(channel, payload)
        assert again != payload
        if channel is Channel.WEBHOOK:
            assert again["duplicate"] is True
        elif channel is Channel.SMS:
            assert again["text"].startswith("(lai) ")
        else:
            assert "Gửi lại, có thể trùng" in again["text"]


def test_the_digest_is_one_line_an_alert_under_its_subsystem(context: Context) -> None:
    taken = Acknowledgement("Lan", "đang xem", AT_FOUR + 60)
    episodes = [
        replace(episode(alert(**{"class": "digest"})), acknowledgement=taken),
        Episode(platform("IocWorkerDown", **{"class": "digest"}), NOW, resolved_at=NOW),
    ]
    text = compose(Channel.EMAIL, Notice(Kind.DIGEST, episodes, NOW), context)["text"]
    vietnamese = text.split("— — —")[0]
    assert vietnamese.splitlines()[0] == "[TỔNG HỢP] 24/07/2025 04:12: 2"
    assert (
        "Dịch vụ hành chính công\n- Cần xử lý: Tỷ lệ đang xử lý quá hạn 3,55 % (1.137/32.043), ≥ 3 %; "
        "24/07/2025 03:55 (17 phút); Đã nhận Lan, 24/07/2025 04:01"
    ) in vietnamese
    assert "Nền tảng IOC\n- " in vietnamese
    assert "; đã hết" in vietnamese


def test_a_notice_calls_every_place_what_the_catalogue_calls_it() -> None:
    catalogue = packaged_catalogue()
    book = book_of(catalogue)
    named = 0
    for (slug, _), kpi in book.kpis.items():
        subsystem = catalogue.subsystems[slug]
        for name, field in subsystem.fields.items():
            label = subsystem.label(name)
            for code, text in {**(field.values or {}), **(field.known or {})}.items() if label in kpi.fields else ():
                assert book.place(kpi, label, code) == text
                named += label == "station"
    assert named
