"""Facts about the project itself: what it installs, how large its files are, who may import whom."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
ROOMS = ("ioc", "streams", "dashboards")
FOLDERS = {*ROOMS, "tests", "docs", ".ci", ".github"}
LOCKS = ("requirements.txt", "requirements-dev.txt")
LONGEST_FILE = 400

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]
DEVELOPMENT = RUNTIME + PROJECT["dependency-groups"]["dev"]

MACHINE_PATH = re.compile(r"""(?:^|[\s"'=(:`])/(?:root|work|home|tmp)/""", re.MULTILINE)
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|repo1?\.maven\.|registry\.npmjs\.|deb\.debian\.org")


def _own_files() -> Iterator[Path]:
    """Every file of the project; what tools and builds leave behind is none of it."""
    for top in ROOT.iterdir():
        if top.is_file():
            yield top
        elif top.name in FOLDERS:
            yield from (path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _text(path: Path) -> str:
    """The file's text, empty for a file that is none."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def _written_by_hand(path: Path) -> bool:
    if path.name == "LICENSE" or path.suffix in {".yaml", ".yml"}:
        return False
    first_line, _, _ = _text(path).partition("\n")
    return path.suffix != ".json" and "generated" not in first_line


def _pins(lock: str) -> dict[str, Requirement]:
    lines = re.findall(r"^[^\s#-].*?(?= \\$)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def _imported(path: Path) -> set[str]:
    """The top-level names of what a module imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return {name.partition(".")[0] for name in names}


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", linter, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
    )


def _make(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    run = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    return run.stdout


@pytest.mark.parametrize("lock", LOCKS)
def test_a_requirement_file_names_no_index_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.findall(r"\w+://\S+|^-i\b.*|--(?:index-url|extra-index-url|find-links|trusted-host)\b.*", text, re.M)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_has_a_hash(lock: str) -> None:
    entries = re.split(r"^(?=[^\s#])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert not [entry.splitlines()[0] for entry in entries if not re.match(r"\S+==\S+ .*\\\n +--hash=sha256:", entry)]


@pytest.mark.parametrize(("lock", "declared"), [("requirements.txt", RUNTIME), ("requirements-dev.txt", DEVELOPMENT)])
def test_every_declared_dependency_is_pinned_within_its_bounds(lock: str, declared: list[str]) -> None:
    pins = _pins(lock)
    stale = []
    for dependency in map(Requirement, declared):
        pin = pins.get(canonicalize_name(dependency.name))
        version = next(iter(pin.specifier)).version if pin else None
        if version is None or version not in dependency.specifier:
            stale.append(f"{dependency}: pinned {version}, run make lock")
    assert not stale


def test_every_library_the_program_imports_is_declared() -> None:
    declared = {canonicalize_name(Requirement(dependency).name) for dependency in RUNTIME}
    distributions = packages_distributions()
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for name in _imported(path) - {*ROOMS, *sys.stdlib_module_names}
        if declared.isdisjoint(map(canonicalize_name, distributions.get(name, [])))
    }
    assert undeclared == set()


def test_what_tests_run_with_is_what_is_shipped() -> None:
    shipped, tested = (_pins(lock) for lock in LOCKS)
    assert {name: str(pin.specifier) for name, pin in shipped.items()}.items() <= {
        name: str(pin.specifier) for name, pin in tested.items()
    }.items()


def test_no_file_written_by_hand_has_more_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(_text(path).splitlines()) for path in _own_files() if _written_by_hand(path)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_file_names_a_path_of_one_machine_or_a_registry() -> None:
    found = {
        str(path.relative_to(ROOT)): match[0].strip()
        for path in _own_files()
        for pattern in (MACHINE_PATH, REGISTRY)
        if (match := pattern.search(_text(path)))
    }
    assert found == {}


def test_the_rooms_import_only_what_they_may() -> None:
    report = _lint_imports(ROOT)
    assert report.returncode == 0, report.stdout + report.stderr


@pytest.mark.parametrize(
    ("module", "statement", "broken"),
    [
        ("ioc", "import streams.settings.names", "The domain imports neither"),
        ("ioc", "import dashboards", "The domain imports neither"),
        ("ioc", "import aiokafka", "The domain knows no network"),
        ("streams", "import dashboards", "do not know each other"),
        ("dashboards", "import streams.settings.names", "do not know each other"),
        ("ioc/time", "import ioc.text.words", "Each room of the domain"),
        ("ioc/events", "import ioc.scenarios.events", "Each room of the domain"),
        ("streams/kafka", "import streams.worker.health", "Each room of the plumbing"),
        ("streams/gateway", "import streams.relay.store", "Each room of the plumbing"),
    ],
)
def test_an_import_across_rooms_is_refused(tmp_path: Path, module: str, statement: str, broken: str) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module / "trespass.py").write_text(statement + "\n")
    report = _lint_imports(tmp_path)
    assert report.returncode == 1
    assert re.search(rf"{broken}.* BROKEN", report.stdout), report.stdout + report.stderr


def test_make_test_runs_the_linters_and_the_type_checks_before_the_tests() -> None:
    commands = _make("--dry-run", "test")
    order = [commands.index(tool) for tool in ("ruff check", "lint-imports", "bin/mypy", "-m pytest")]
    assert order == sorted(order)


def test_make_explains_every_target_a_user_may_name() -> None:
    phony = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    explained = re.findall(r"^  make ([\w-]+) +\w", _make("help"), re.MULTILINE)
    assert set(phony[1].split()) - set(explained) == {"needs"}


def test_the_program_says_apache_2_and_carries_the_licence() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
