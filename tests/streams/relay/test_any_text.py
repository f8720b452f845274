"""Any text in any place of an alert, through the relay to real readers: mail server, browser, webhook, Prometheus."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from ioc.notices.alert import Alert
from ioc.notices.short import one_line
from tests.ioc.notices.samples import AT_FOUR, alert, webhook
from tests.ioc.notices.texts import TEXTS
from tests.streams.relay.receivers import Clock, HttpReceiver, MailReceiver, until

CONTACTS = """
senders: {{email: {{host: 127.0.0.1, port: {port}, encryption: none, sender: ioc@example.vn}}}}
contacts:
  lan:
    name: Lan
    channels: [{{type: webhook, url: '{url}/lan'}}, {{type: email, to: lan@example.vn}}]
chains: [{{contacts: [lan]}}]
digest: [lan]
"""

_PAGE = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "a", "div", "span", "small", "strong"}
OWN = _PAGE | {
    "dl",
    "dt",
    "dd",
    "ul",
    "li",
    "form",
    "label",
    "input",
    "button",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "br",
    "textarea",
}
"""The tags of the relay's own pages."""


class Page(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data

    def close(self) -> None:
        super().close()
        self.words = shown(self.words.replace("\ufffd", ""))


async def test_a_text_reaches_every_reader_as_it_is_and_does_nothing_else(
    start_relay: Callable[..., Any], receiver: HttpReceiver, mail: MailReceiver
) -> None:
    alerts = {text: about(number, text) for number, text in enumerate(TEXTS)}
    contacts = CONTACTS.format(port=mail.port, url=receiver.url)
    async with start_relay(contacts, Clock(AT_FOUR + 60)) as relay:
        await relay.machines.post("/alerts", json=webhook(*alerts.values()))
        await until(lambda: len(receiver.received) == len(mail.messages) == len(TEXTS))
        for text, one in alerts.items():
            await relay.client.post(f"/alerts/{one.key}/acknowledge", data={"note": text})
        pages = {text: Page((await relay.client.get(f"/alerts/{one.key}")).text) for text, one in alerts.items()}
        all_of_them = [Page((await relay.client.get(at)).text) for at in ("/", "/report", "/handover")]
        metrics = (await relay.machines.get("/metrics")).text
        data = {each["key"]: each["vi"]["title"] for each in (await relay.client.get("/api/alerts")).json()}
    told = {each["alert"]: each["vi"]["title"] for message in receiver.received for each in message["alerts"]}
    letters = [one_line(letter.get_content()) for letter in mail.messages]
    for text, one in alerts.items():
        assert told[one.name] == data[one.key] == text
        assert [letter for letter in letters if one_line(text) in letter and one.key in letter]
        for page in (pages[text], *all_of_them):
            assert shown(text) in page.words
    assert len({frozenset(letter.keys()) for letter in mail.messages}) == 1
    for page in (*pages.values(), *all_of_them):
        assert page.tags <= OWN
        assert not [name for name in page.attributes if name.startswith("on")]
        assert not [link for link in page.links if not link.startswith(("/", "http://127.0.0.1:"))]
    families = {family.name: family for family in text_string_to_metric_families(metrics)}
    taken = families["ioc_alert_acknowledged_timestamp_seconds"].samples
    assert {sample.labels["alertname"] for sample in taken} == {one.name for one in alerts.values()}


def about(number: int, text: str) -> Alert:
    """An alert in which everything but its name is that text."""
    texts = {f"{name}_{language}": text for name in ("summary", "details") for language in ("vi", "en")}
    return alert(f"A{number}", annotations=texts, subsystem=f"{text}{number}", kpi="", instance=text)


def shown(text: str) -> str:
    """As a browser shows it: spaces are one, and there is no NUL in HTML."""
    return one_line(text.replace("\0", ""))
