"""``ioc nation``: the files of a nation from its provinces, or what is wrong with them."""

from pathlib import Path

from typer.testing import CliRunner

from ioc.cli.main import app

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs/examples/nation.yaml"
COMMITTED = ROOT / "dashboards/generated/nation"


def ran(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["nation", *map(str, arguments)])
    return result.exit_code, result.output


def test_the_example_gives_what_is_committed_and_nothing_more_the_second_time(tmp_path: Path) -> None:
    code, told = ran(EXAMPLE, "--out", tmp_path)
    written = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    committed = {path.relative_to(COMMITTED): path.read_text() for path in COMMITTED.rglob("*") if path.is_file()}
    assert (code, written) == (0, committed)
    assert f"34 provinces, {len(committed)} files, {len(committed)} written" in told
    assert "34 provinces, 10 files, 0 differ" in ran(EXAMPLE, "--out", tmp_path, "--check")[1]


def test_a_check_tells_what_differs_and_writes_nothing(tmp_path: Path) -> None:
    ran(EXAMPLE, "--out", tmp_path)
    rules, own = tmp_path / "prometheus/rules/nation.yml", tmp_path / "prometheus/rules/own.yml"
    rules.write_text("changed")
    own.write_text("of the nation's own")
    code, told = ran(EXAMPLE, "--out", tmp_path, "--check")
    assert code == 1
    assert "1 differ" in told
    assert rules.read_text() == "changed"
    ran(EXAMPLE, "--out", tmp_path)
    assert rules.read_text() != "changed"
    assert own.read_text() == "of the nation's own"


def test_a_file_with_faults_writes_nothing(tmp_path: Path) -> None:
    file, out = tmp_path / "nation.yaml", tmp_path / "out"
    file.write_text("name: {vi: Việt Nam}\nprovinces: []\n")
    assert ran(file, "--out", out)[0] == 1
    assert not out.exists()
