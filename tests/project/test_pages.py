"""What people read names what is there: files, folders, targets of make, commands, modules, the rooms' floors."""

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from ioc.cli.main import app

ROOT = Path(__file__).parents[2]
FOLDERS = {"ioc", "streams", "dashboards", "tests", "docs", "bench", "deploy", ".ci", ".github"}
GENERATED = {"reference", "runbooks", "schemas"}
"""Folders of pages that ``ioc render`` writes; their links are held against the files by the dashboards' tests."""

_FENCE = re.compile(r"^ *```(\w*).*?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"\.?[\w-]+(?:/[\w.*-]+)*/?")
_FILE = re.compile(r"[\w.-]+\.(?:py|md|toml|txt|yaml|yml|json|properties)")
_DOTTED = re.compile(r"`((?:ioc|streams|dashboards|tests)(?:\.\w+)+)`")
_FLOOR = re.compile(r"^\| (\d) \| (.*?) \|", re.MULTILINE)


def _pages() -> list[str]:
    """Every page that people write, by its path from the root."""
    written = [*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md"), *ROOT.glob("bench/**/*.md")]
    written += [page for page in ROOT.glob("docs/**/*.md") if not GENERATED & {*page.relative_to(ROOT).parts}]
    return sorted(page.relative_to(ROOT).as_posix() for page in written)


PAGES = _pages()


def _text(page: str) -> str:
    return (ROOT / page).read_text()


def _codes(page: str) -> Iterator[str]:
    """What stands in code: between backticks, and the lines of shell fences."""
    text = _text(page)
    for kind, fence in _FENCE.findall(text):
        if kind == "sh":
            yield from fence.splitlines()
    yield from _CODE.findall(_FENCE.sub("", text))


def _is_there(path: str, *bases: Path) -> bool:
    return any(next(base.glob(path.rstrip("/")), None) is not None for base in bases)


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    named = {code for code in _codes(page) if "/" in code and _PATH.fullmatch(code)}
    ours = {path for path in named if path.split("/")[0] in FOLDERS}
    assert {path for path in ours if not _is_there(path, ROOT, (ROOT / page).parent)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_to_a_file_and_its_heading(page: str) -> None:
    broken = set()
    for link in _LINK.findall(_FENCE.sub("", _text(page))):
        path, _, heading = link.partition("#")
        if re.match(r"https?:|mailto:", link):
            continue
        target = ((ROOT / page).parent / path) if path else ROOT / page
        if not target.exists() or (heading and heading not in _headings(target)):
            broken.add(link)
    assert broken == set()


def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the documentation's site make them."""
    titles = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_every_file_that_contributing_names_is_there() -> None:
    names = {code for code in _codes("CONTRIBUTING.md") if _FILE.fullmatch(code)}
    assert "pyproject.toml" in names
    assert {name for name in names if not (ROOT / name).is_file()} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    named = {
        target
        for code in _codes(page)
        for command in re.findall(r"(?:^|[;&(] *)make((?: +[a-z][a-z-]*\b(?!=))+)", code)
        for target in command.split()
    }
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_exists(page: str) -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = {
        command
        for code in _codes(page)
        for command in re.findall(r"(?:^|[;&|] *)(?:\.venv/bin/)?ioc(?: --[\w-]+ \S+)* ([a-z][\w-]*)", code)
    }
    assert named - commands == set()


def test_every_module_that_a_page_or_a_docstring_names_is_there() -> None:
    sources = [path for folder in ("ioc", "streams", "dashboards", "tests") for path in (ROOT / folder).rglob("*.py")]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sources}
    texts |= {page: _text(page) for page in PAGES}
    assert {f"{file}: {name}" for file, text in texts.items() for name in _missing(text)} == set()


def _missing(text: str) -> Iterator[str]:
    for name in _DOTTED.findall(text):
        module, _, attribute = name.rpartition(".")
        try:
            import_module(name)
        except ModuleNotFoundError:
            try:
                found = hasattr(import_module(module), attribute)
            except ModuleNotFoundError:
                found = False
            if not found:
                yield name


def test_the_architecture_draws_the_floors_that_the_linter_holds() -> None:
    contracts = tomllib.loads(_text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    held = {
        (contract["containers"][0], floor, room.strip())
        for contract in contracts
        if contract["type"] == "layers"
        for floor, rooms in enumerate(reversed(contract["layers"]), 1)
        for room in rooms.split("|")
    }
    drawn = {
        (package, int(floor), room)
        for floor, rooms in _FLOOR.findall(_text("docs/architecture.md"))
        for package, room in re.findall(r"`(\w+)/(\w+)/`", rooms)
    }
    assert drawn == held


def test_the_glossary_has_at_most_twenty_words() -> None:
    _, _, glossary = _text("docs/architecture.md").partition("\n## Words\n")
    words = re.findall(r"^\| (\w[\w ]*) \| ", glossary, re.MULTILINE)
    assert words[0] == "word"
    assert 10 < len(words[1:]) <= 20


def test_the_changelog_has_what_is_unreleased_and_the_version_of_today() -> None:
    version = tomllib.loads(_text("pyproject.toml"))["project"]["version"]
    releases = re.findall(r"^## \[([^]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$", _text("CHANGELOG.md"), re.MULTILINE)
    assert releases[0] == ("Unreleased", "")
    assert releases[1][0] == version
    assert all(date for _, date in releases[1:])
    assert f"image: ioc-monitor:{version}" in _text("docker-compose.yml")


FORMS = sorted(path.name for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_for_issues_is_one_that_the_forge_can_show(form: str) -> None:
    read = YAML(typ="safe", pure=True).load(ROOT / ".github/ISSUE_TEMPLATE" / form)
    assert {"name", "description", "body"} <= read.keys()
    asked = [field for field in read["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in asked} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert len({field["id"] for field in asked}) == len(asked)
    assert all(field["attributes"]["label"] for field in asked)
