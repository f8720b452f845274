"""Every alert has a runbook, both languages and a class; what people wrote in one is kept."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dashboards.nation.render import national_rules
from dashboards.rules import RUNBOOKS, rule_files
from dashboards.runbooks import FOLDER, all_alerts, faults, framed
from ioc.catalogue import Catalogue
from ioc.catalogue.nation import read_nation
from ioc.notices.runbook import duty_steps, first_step
from streams.settings.settings import load_settings

ROOT = Path(__file__).parents[2]
CROWD = "IocTourismCrowdRatio.md"


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return {path.name: path.read_text() for path in (ROOT / FOLDER).glob("*.md")}


def test_no_alert_is_without_runbook_summary_both_languages_and_class(
    catalogue: Catalogue, written: dict[str, str]
) -> None:
    assert faults(catalogue, written) == []


def test_every_alert_links_the_page_of_a_runbook_that_is_there(catalogue: Catalogue) -> None:
    nation = read_nation(ROOT / "docs/examples/nation.yaml")
    at = "https://ioc.example/r"
    texts = [*rule_files(catalogue, at).values(), *national_rules(catalogue, nation, at).values()]
    rules = [rule for text in texts for rule in alerts_in(text)]
    assert {rule["annotations"]["runbook_url"] for rule in rules} == {
        f"https://ioc.example/r/{path.stem}" for path in (ROOT / FOLDER).glob("*.md")
    }


def test_by_default_runbooks_are_at_the_relay_of_this_machine_and_elsewhere_where_the_settings_say() -> None:
    assert load_settings().relay.runbooks_address == RUNBOOKS
    at = {"url": "https://ioc.example/relay/"}
    assert load_settings(relay=at).relay.runbooks_address == "https://ioc.example/relay/runbooks"
    wiki = {**at, "runbooks_url": "https://wiki.example/ioc/"}
    assert load_settings(relay=wiki).relay.runbooks_address == "https://wiki.example/ioc"


def alerts_in(rules: str) -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load(rules)["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_no_runbook_is_without_an_alert(catalogue: Catalogue, written: dict[str, str]) -> None:
    assert {alert.alert for alert in all_alerts(catalogue)} == {name.removesuffix(".md") for name in written}


def test_a_core_is_kept_while_its_frame_is_made_anew(catalogue: Catalogue, written: dict[str, str]) -> None:
    old_frame = written[CROWD].replace("Mức độ đông khách", "Tên cũ").replace("Lễ hội;", "Ngày hội Đền Hùng;")
    again = framed(catalogue, {CROWD: old_frame})[CROWD]
    assert again == written[CROWD].replace("Lễ hội;", "Ngày hội Đền Hùng;")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("## Likely causes", "## Causes"), "the section «Likely causes» is missing"),
        (("\n1. ", "\n- "), "the first steps are no numbered list in both languages"),
        (("A site is full", "TODO"), "its core is not written"),
        (("<!-- /core -->", ""), "its core is not written"),
    ],
)
def test_a_runbook_with_a_gap_is_named(
    catalogue: Catalogue, written: dict[str, str], change: tuple[str, str], fault: str
) -> None:
    spoilt = {**written, CROWD: written[CROWD].replace(*change)}
    assert faults(catalogue, spoilt) == [f"{FOLDER}/{CROWD}: {fault}"]


def test_a_missing_runbook_is_named(catalogue: Catalogue, written: dict[str, str]) -> None:
    [fault] = faults(catalogue, {name: text for name, text in written.items() if name != CROWD})
    assert fault.startswith("IocTourismCrowdRatio: there is no docs/runbooks/IocTourismCrowdRatio.md")


def test_messages_quote_the_first_step(written: dict[str, str]) -> None:
    step = first_step(written[CROWD])
    assert step is not None
    assert step.vi == "Gọi ban quản lý điểm trong tin báo: nhìn thực tế có đông như vậy không."
    assert step.en == "Call the site's management: is it as full as that?"


def test_the_steps_of_the_one_on_duty_need_a_telephone_and_a_browser(
    catalogue: Catalogue, written: dict[str, str]
) -> None:
    steps = duty_steps(written["IocCamerasTrafficFeedSilent.md"])
    assert [step.vi.partition(" ")[0] for step in steps] == ["Mở", "Gọi", "Trong"]
    assert "`" not in "".join(step.vi + step.en for step in steps)
    typed = {**written, CROWD: re.sub(r"\n1\. .*", "\n1. `ioc top`", written[CROWD])}
    assert faults(catalogue, typed) == [
        f"{FOLDER}/{CROWD}: its first step is a command, which the one on duty cannot run"
    ]


@pytest.mark.parametrize(
    "text", ["", "## First steps\n\n1. Look.\n", "## Việc cần làm đầu tiên\n\n## First steps\n\n1. L\n"]
)
def test_a_step_in_one_language_is_none(text: str) -> None:
    assert first_step(text) is None
