"""Each output with texts in it, read again by the reader of that output; an AssertionError is a text that it spoils."""

import json
import re
import subprocess
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from markdown import Markdown
from markdown_it import MarkdownIt
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from dashboards.grafana import dashboards_of, render_dashboards
from dashboards.openmetrics import OpenMetricsFile
from dashboards.reference import reference
from dashboards.rules import rule_files
from dashboards.runbooks import PROJECT, framed
from ioc.cases.find import Case, Found
from ioc.catalogue import Catalogue, CatalogueError
from ioc.cli.cases import shown
from ioc.cli.terminal import Terminal, visible
from ioc.events.openapi import openapi_text
from ioc.events.schemas import render_schemas
from ioc.figures.family import Family
from ioc.text.wall import LONGEST_UID
from streams.cases.pages import cases_page, index_page
from streams.exporter.text_format import FamilyPages
from streams.stack.programs import Program, find_program
from tests.dashboards.grafana.promql import parse
from tests.texts.catalogues import catalogue_of

_VARIABLE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::\w+)?\]\]|\$\{(\w+)(?:\.[^:^}]+)?(?::[^}]+)?\}")
"""What Grafana takes for a variable, in packages/scenes' variables/constants."""


def rules(catalogue: Catalogue, folder: Path) -> None:
    """Prometheus takes the rule files, and its templates make of the alerts' texts what was written."""
    files = rule_files(catalogue)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    _promtool("check", "rules", *(str(folder / name) for name in files))
    _evaluate(catalogue, [rule for slug in catalogue.subsystems for rule in _alerts_of(files[f"{slug}.yml"])], folder)


def _alerts_of(file: str) -> Iterator[dict[str, Any]]:
    for group in YAML(typ="safe").load(file)["groups"]:
        yield from (rule for rule in group["rules"] if "alert" in rule)


def _evaluate(catalogue: Catalogue, told: Iterable[dict[str, Any]], folder: Path) -> None:
    """Let each alert's summary and details be made where there is no figure at all: all queries are empty then."""
    rules, tests = [], []
    for number, rule in enumerate(told):
        texts = {name: text for name, text in rule["annotations"].items() if name.startswith(("summary", "details"))}
        alert = f"A{number}"
        rules.append({"alert": alert, "expr": "vector(1)", "annotations": texts})
        expected = {name: _without_figures(text) for name, text in texts.items()}
        subsystem = catalogue.subsystems[rule["labels"]["subsystem"]]
        if kpi := rule["labels"].get("kpi"):
            assert f"{subsystem.kpis[kpi].name.vi} ({subsystem.name.vi})" in expected["summary_vi"]
            assert expected["details_en"] == subsystem.kpis[kpi].description.en
        tests.append({"eval_time": "0s", "alertname": alert, "exp_alerts": [{"exp_annotations": expected}]})
    group = {"groups": [{"name": "texts", "rules": rules}]}
    (folder / "evaluated.yml").write_text(json.dumps(group, ensure_ascii=False), encoding="utf-8")
    test = {"rule_files": ["evaluated.yml"], "tests": [{"alert_rule_test": tests}]}
    (folder / "tests.yml").write_text(json.dumps(test, ensure_ascii=False), encoding="utf-8")
    _promtool("test", "rules", str(folder / "tests.yml"))


def _without_figures(template: str) -> str:
    """What a template says where no query finds anything: of each `with` what follows its `else`."""
    said, hidden = "", [False]
    for action, text in re.findall(r"(?:\{\{ (.*?) \}\})?((?:(?!\{\{ ).)*)", template, re.DOTALL):
        match action.split(" ")[0]:
            case "with":
                hidden.append(True)
            case "else":
                hidden[-1] = False
            case "end":
                hidden.pop()
            case word if word.startswith('"') and not any(hidden):
                said += word.strip('"')
        said += "" if any(hidden) else text
    return said


def dashboards(catalogue: Catalogue, folder: Path) -> None:
    """Grafana takes the dashboards, finds no variable in a text, and shows descriptions as they are."""
    texts, uids = set[str](), list[str]()
    for path, file in render_dashboards(catalogue).items():
        if path.startswith("dashboards/"):
            dashboard = json.loads(file)
            uids.append(dashboard["uid"])
            assert re.fullmatch(rf"[A-Za-z0-9_-]{{1,{LONGEST_UID}}}", dashboard["uid"])
            texts |= set(_strings(dashboard))
            for panel in dashboard["panels"]:
                for each in (panel, *panel.get("panels", ())):
                    _check_queries(each.get("targets", ()))
    names = [name for each in catalogue.subsystems.values() for name in (each.name, each.kpis["things"].name)]
    assert len(set(uids)) == len(uids) > 2 * len(catalogue.subsystems)
    known = {"datasource", "unit", "ago", "cases", "relay", "kpi", "level", "window"}
    for name in {name.titled("vi") for name in names}:
        assert any(name in text for text in texts), name
        assert not any(set(found) & known or found[0].startswith("__") for found in _VARIABLE.findall(name)), name
        assert not re.search(r"\{\{.*?\}\}", name), name
    for language in ("vi", "en"):
        for each in dashboards_of(catalogue, language).values():
            for section in each.sections:
                for panel in section.panels:
                    read = _text_of(
                        MarkdownIt("gfm-like", {"linkify": False}).render(panel.as_json(1, 0, 0)["description"])
                    )
                    assert _squeezed(read) == _squeezed(panel.description)


def _check_queries(targets: Iterable[dict[str, Any]]) -> None:
    for target in targets:
        parse(target["expr"])
        for label in re.findall(r"\{\{(.*?)\}\}", target["legendFormat"]):
            assert re.fullmatch(r"[a-z_]+", label), target["legendFormat"]


def documents(catalogue: Catalogue, folder: Path) -> None:
    """The site and the relay show reference and runbooks as they are; schemas are schemas."""
    extensions = list(tomllib.loads((PROJECT / "zensical.toml").read_text())["project"]["markdown_extensions"])
    site = Markdown(extensions=["tables", *(name for name in extensions if name != "pymdownx"), "pymdownx.superfences"])
    pages = {**reference(catalogue), **framed(catalogue, {})}
    relay = MarkdownIt("commonmark", {"html": False}).enable("table")
    for slug, subsystem in catalogue.subsystems.items():
        name, kpi = subsystem.name, subsystem.kpis["things"]
        both = [f"{name.vi} / {name.en}", kpi.name.vi, kpi.description.en]
        runbook = pages[f"Ioc{slug.capitalize()}Things.md"]
        for page, wanted in ((pages[f"{slug}.md"], [*both, subsystem.source]), (runbook, both)):
            for html in (site.reset().convert(page), relay.render(page)):
                text = _squeezed(_text_of(html))
                for each in wanted:
                    assert _squeezed(each) in text, (each, page)
    json.loads(openapi_text(catalogue))
    schemas = {path: json.loads(text) for path, text in render_schemas(catalogue).items()}
    # Takes a second to import: not where tests are only collected.
    from jsonschema import Draft202012Validator

    for slug, subsystem in catalogue.subsystems.items():
        schema = schemas[f"{slug}/thing.happened.json"]
        Draft202012Validator.check_schema(schema)
        assert schema["title"] == f"{subsystem.name.vi} / {subsystem.name.en}"


def pages_of_cases(catalogue: Catalogue, folder: Path) -> None:
    """A browser finds each name once as text, and links that lead where they say."""
    for language in ("vi", "en"):
        index = _text_of(index_page(catalogue, language, simulated=True))
        for subsystem in catalogue.subsystems.values():
            assert subsystem.name.of(language) in index
            assert subsystem.kpis["open_things"].name.of(language) in index


def cases(catalogue: Catalogue, texts: Sequence[str]) -> None:
    """Cases with any text for an id or a label, on the page and in the terminal."""
    found = Found(
        "s0",
        "open_things",
        "total",
        1_760_000_000,
        10_000,
        0,
        [Case(text, (("site", text),), 1_750_000_000, None, None, None) for text in texts],
    )
    for text in texts:
        page = cases_page(found, catalogue, {"site": text}, 2, "vi", simulated=False)
        read = Page(page)
        assert text in read.cells, text
        links = [parse_qs(urlsplit(link).query, keep_blank_values=True) for link in read.links]
        assert sum(link.get("site") == [text] for link in links) == 4, text
        assert set(read.tags) <= _TAGS, set(read.tags) - _TAGS
    terminal = Terminal()
    terminal.width = 10_000
    with terminal.capture() as captured:
        terminal.print(shown(found, catalogue, "vi"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", captured.get())
    for text in texts:
        for line in filter(None, visible(text).split("\n")):
            assert line.strip() in captured.get(), text


_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "p", "a", "h1", "h2", "div", "b", "table", "thead", "tbody"),
    *("tr", "th", "td", "ul", "li", "small"),
}


def _read(families: list[Family]) -> Iterator[Metric]:
    """The exporter's page in each format, read again."""
    page = FamilyPages().written({"": families})
    text, other = page.text.decode(), f"{page.openmetrics.decode()}# EOF\n"
    _promtool("check", "metrics", input=text)
    yield from text_string_to_metric_families(text)
    yield from openmetrics.text_string_to_metric_families(other)


def metrics(texts: Collection[str], folder: Path) -> None:
    """Prometheus reads labels and documentation as they are, now and of the past."""
    samples = [((("unit", text), ("other", "x")), float(number)) for number, text in enumerate(texts)]
    wanted = {text: value for ((_, text), _), value in samples}
    for family in _read([Family("ioc_things", "gauge", "x", samples)]):
        assert {sample.labels["unit"]: sample.value for sample in family.samples} == wanted
    described = [Family(f"ioc_things_{number}", "gauge", text) for number, text in enumerate(texts)]
    told = [family.documentation.strip() for family in _read(described)]
    assert told == 2 * [text.strip() for text in texts]
    file = folder / "past.txt"
    with OpenMetricsFile(file) as past:
        for instant in (1_760_000_000, 1_760_000_060):
            past.add(instant, [Family("ioc_things", "gauge", "x", samples)])
        past.write()
    (family,) = openmetrics.text_string_to_metric_families(file.read_bytes().decode())
    assert {sample.labels["unit"]: sample.value for sample in family.samples} == wanted


OF_CATALOGUES = (rules, dashboards, documents, pages_of_cases)
"""What is made of a catalogue alone."""


def everything(texts: Iterable[str], folder: Path) -> int:
    """Texts through all outputs, in a catalogue those that it may hold; returns how many those are."""
    each = list(dict.fromkeys(texts))
    metrics(each, folder)
    held = [text for number, text in enumerate(each) if _is_held(text, folder / f"{number}")]
    if held:
        catalogue = catalogue_of(folder / "held", held)
        cases(catalogue, list(filter(None, each)))
        for check in OF_CATALOGUES:
            check(catalogue, folder)
    return len(held)


def _is_held(text: str, folder: Path) -> bool:
    try:
        catalogue_of(folder, [text])
    except CatalogueError:
        return False
    return True


def _promtool(*arguments: str, input: str | None = None) -> None:  # noqa: A002 (as subprocess calls it)
    command = [str(find_program(Program.PROMTOOL)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, input=input, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[:4000]


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.cells: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags and self.tags[-1] == "td":
            self.cells[-1] += data


def _text_of(page: str) -> str:
    return Page(page).text


def _squeezed(text: str) -> str:
    """Without the line breaks and runs of spaces that HTML shows as one."""
    return " ".join(text.split())


def _strings(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for part in value.values():
                yield from _strings(part)
        case list():
            for part in value:
                yield from _strings(part)
        case str():
            yield value
