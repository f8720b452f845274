"""Any text in any place of an alert reads as it is on every channel, and takes nothing else away."""

import json
import unicodedata
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from ioc.notices.alert import Alert, webhook_of
from ioc.notices.book import Book, KpiTexts
from ioc.notices.channels import ZALO, Channel, compose, compose_plainly, marked
from ioc.notices.description import Context, describe
from ioc.notices.episode import Acknowledgement, Episode
from ioc.notices.figures import AlertBreakdown, AlertFigure, WorstPlace
from ioc.notices.links import Links
from ioc.notices.notice import Kind, Notice, Undelivered
from ioc.notices.short import SMS, one_line, size, unaccented
from ioc.text.bilingual import Text
from tests.ioc.notices.samples import AT_FOUR, FIGURES, alert, episode, webhook
from tests.ioc.notices.texts import TEXTS

NOW = AT_FOUR + 720
RELAYS = ["https://ioc.example/relay", "https://trung-tam-dieu-hanh-thong-minh.phutho.gov.vn/giam-sat/relay"]

each_kind = pytest.mark.parametrize("kind", Kind)


def context_of(book: Book, relay: str = RELAYS[0]) -> Context:
    return Context(book, Links(relay, f"{relay}/runbooks", "https://ioc.example/grafana"))


def renamed(book: Book, text: str) -> Book:
    """A catalogue in which everything is called so."""
    both = Text(text, text)

    def kpi(texts: KpiTexts) -> KpiTexts:
        return replace(texts, name=both, unit=text, fields=dict.fromkeys(texts.fields, both))

    subsystems = dict.fromkeys(book.subsystems, both)
    return replace(book, province=both, subsystems=subsystems, kpis={at: kpi(each) for at, each in book.kpis.items()})


def about(text: str, key: str = "a1") -> Episode:
    """An alert in which everything that an event or a person writes is that text."""
    place = WorstPlace((text,), AlertFigure(0.12, 12, 100))
    figures = replace(FIGURES, whole=AlertFigure(0.009, 9, 1000), breakdowns=(AlertBreakdown(("unit",), 1, (place,)),))
    annotations = {f"summary_{language}": text for language in ("vi", "en")}
    one = replace(alert(annotations=annotations, starts_at=NOW - 600), fingerprint=key)
    return replace(episode(one, figures), acknowledgement=Acknowledgement(text, text, NOW))


def notice_of(kind: Kind, *episodes: Episode, text: str = "x") -> Notice:
    undelivered = Undelivered(text, "sms", text, NOW, given_up=True) if kind is Kind.UNDELIVERED else None
    return Notice(kind, episodes, NOW, undelivered)


@each_kind
@pytest.mark.parametrize("relay", RELAYS)
def test_an_sms_is_plain_within_160_and_keeps_its_link_also_when_it_is_marked(
    book: Book, kind: Kind, relay: str
) -> None:
    for text in TEXTS:
        context = context_of(renamed(book, text), relay)
        payload = compose(Channel.SMS, notice_of(kind, about(text), about(text), text=text), context)
        link = relay if kind is Kind.DIGEST else context.links.alert(about(text).alert.key)
        for sent in (payload["text"], marked(Channel.SMS, payload)["text"]):
            assert sent.isascii()
            assert sent.isprintable()
            assert len(sent) <= SMS
            assert not set(sent.removesuffix(link)) & set("[]{}|~^\\`")
            assert kind is Kind.RESOLVED or sent.endswith(f" {link}")


@each_kind
def test_zalo_keeps_within_its_length_and_with_it_the_link_also_when_it_is_marked(book: Book, kind: Kind) -> None:
    for text, count in product(TEXTS, (1, 9)):
        context = context_of(renamed(book, text))
        payload = compose(Channel.ZALO, notice_of(kind, *[about(text)] * count, text=text), context)
        link = context.links.alert(about(text).alert.key)
        for sent in (payload["text"], marked(Channel.ZALO, payload)["text"]):
            assert size(sent) <= ZALO
            assert count > 1 or len(text) > 1000 or one_line(text) in one_line(sent)
            assert kind in {Kind.RESOLVED, Kind.DIGEST} or link in sent


@each_kind
def test_a_letter_says_the_text_within_its_line_and_its_subject_is_one(book: Book, kind: Kind) -> None:
    for text in TEXTS:
        letter = compose(Channel.EMAIL, notice_of(kind, about(text), text=text), context_of(renamed(book, text)))
        assert one_line(letter["subject"]) == letter["subject"]
        assert len(letter["subject"]) < 300
        assert one_line(text) in one_line(letter["text"])
        links = [line for line in letter["text"].splitlines() if line.startswith("Xác nhận: ")]
        assert all(line.startswith(f"Xác nhận: {RELAYS[0]}/") for line in links)


@each_kind
def test_a_webhook_hands_the_text_on_as_it_is(book: Book, kind: Kind) -> None:
    for text in TEXTS:
        payload = compose(Channel.WEBHOOK, notice_of(kind, about(text), text=text), context_of(renamed(book, text)))
        [told] = json.loads(json.dumps(payload))["alerts"]
        assert told["vi"]["title"] == told["en"]["subsystem"] == told["vi"]["place"] == text


@each_kind
@pytest.mark.parametrize("channel", Channel)
def test_the_plainest_form_needs_no_more_than_names_and_links(book: Book, kind: Kind, channel: Channel) -> None:
    for text in TEXTS:
        one = replace(about(text), alert=replace(about(text).alert, labels={"alertname": text}))
        payload = compose_plainly(channel, notice_of(kind, one, text=text), context_of(book))
        assert marked(channel, payload) != payload
        assert json.dumps(payload)


def test_an_address_is_ascii_and_one_word_whatever_stands_in_the_alert(book: Book) -> None:
    for text in TEXTS:
        one = replace(about(text, key=text), alert=replace(about(text, key=text).alert, labels={"alertname": text}))
        said = describe(one, context_of(book), NOW, "vi")
        for address in (said.page, said.runbook, context_of(book).links.dashboard(text, text, 0, None, "vi")):
            assert address is not None
            assert address.isascii()
            assert address.isprintable()
            assert not set(address) & set(" \"'<>\\^`{|}")


@pytest.mark.parametrize("text", ["Tỷ lệ", "Đà Bắc", "ĐÃ HẾT"])
def test_letters_decomposed_or_not_read_alike(text: str) -> None:
    assert unaccented(unicodedata.normalize("NFD", text)) == unaccented(unicodedata.normalize("NFC", text))


def test_alertmanagers_webhook_brings_a_text_as_it_is() -> None:
    for text in TEXTS:
        one = alert(annotations={"summary_vi": text}, kpi=text)
        [read] = webhook_of(json.dumps(webhook(one)).encode()).alerts
        assert (read.labels["kpi"], read.annotations["summary_vi"]) == (text, text)


UNREADABLE: list[tuple[str, Any]] = [
    ("labels", {"kpi": None}),
    ("labels", []),
    ("annotations", {"summary_vi": 7}),
    ("startsAt", "yesterday"),
    ("startsAt", "9999-12-31T23:59:59Z"),
    ("startsAt", "0001-01-01T00:00:00Z"),
    ("endsAt", None),
    ("status", "pending"),
    ("fingerprint", 1),
    ("fingerprint", "../" * 100),
]


@pytest.mark.parametrize(("field", "value"), UNREADABLE)
def test_one_alert_that_cannot_be_read_keeps_no_other_from_being_read(field: str, value: Any) -> None:
    body = webhook(alert("A"), alert("B", ends_at=AT_FOUR), alert("C"))
    body["alerts"][1][field] = value
    told = webhook_of(json.dumps(body).encode())
    assert [each.name for each in told.alerts] == ["A", "C"]
    [fault] = told.faults
    assert fault.startswith("alerts[1]: ")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_whatever_a_catalogue_lacks_an_alert_is_told_by_its_own_texts(book: Book, language: Any) -> None:
    class Torn(dict[str, Text]):
        def get(self, *_: object) -> Text:
            raise RuntimeError("torn")

    torn = replace(book, subsystems=Torn())
    one = about("Mưa lớn")
    said = describe(one, context_of(torn), NOW, language)
    assert (said.title, said.page) == ("Mưa lớn", context_of(book).links.alert(one.alert.key))
    assert said.details[-1].endswith("RuntimeError: torn")


def test_a_label_that_the_catalogue_has_no_more_is_named_as_it_is(book: Book) -> None:
    kpi = book.kpis["public_services", "overdue_share"]
    kpi = replace(kpi, fields={}, unit_labels=frozenset())
    poorer = replace(book, kpis={("public_services", "overdue_share"): kpi})
    said = describe(episode(alert()), context_of(poorer), NOW, "vi")
    assert said.details[0].startswith("unit: 148 vượt ngưỡng, nặng nhất: 8716 12,00 % (12/100)")


def test_an_alert_without_any_label_has_still_a_text(book: Book) -> None:
    said = describe(Episode(Alert("f", {}, {}, AT_FOUR), AT_FOUR), context_of(book), NOW, "vi")
    assert (said.title, said.subsystem) == ("?", "Nền tảng IOC")
