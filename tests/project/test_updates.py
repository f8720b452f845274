"""Dependencies are raised by the project's own command, whoever starts it."""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
RENOVATE = json.loads((ROOT / "renovate.json").read_text())


def _made(target: str) -> str:
    """The commands that make would run."""
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    command = ["make", "--dry-run", target]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment).stdout


def test_renovate_makes_every_lock_file_by_the_projects_own_command() -> None:
    tasks = [rule["postUpgradeTasks"] for rule in RENOVATE["packageRules"] if "postUpgradeTasks" in rule]
    assert [task["commands"] for task in tasks] == [["make upgrade"]]
    made = re.findall(r"--output-file (\S+)", _made("lock"))
    assert tasks[0]["fileFilters"] == made
    assert all((ROOT / lock).is_file() for lock in made)


def test_nothing_newer_than_a_week_is_taken_by_renovate_or_by_hand() -> None:
    assert RENOVATE["minimumReleaseAge"] == "7 days"
    assert "--exclude-newer=P7D" in _made("upgrade")


def test_renovate_reads_what_declares_and_never_what_is_made() -> None:
    assert {"pep621", "pip_requirements"} <= {*RENOVATE["enabledManagers"]}
    (pattern,) = RENOVATE["pip_requirements"]["managerFilePatterns"]
    assert [path.name for path in (ROOT / "bench").iterdir() if re.search(pattern[1:-1], f"bench/{path.name}")]
    assert RENOVATE["ignorePaths"] == ["**/requirements*.txt"]
