"""The hooks of pre-commit run what the Makefile runs, from what is pinned."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"
HOOKS: list[dict[str, Any]] = [
    hook for repository in YAML(typ="safe", pure=True).load(CONFIG)["repos"] for hook in repository["hooks"]
]


def _made(*targets: str) -> str:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    command = ["make", "--dry-run", "--always-make", *targets]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment).stdout


def test_pre_commit_takes_its_configuration() -> None:
    run = subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(CONFIG)], check=False)
    assert run.returncode == 0


def test_no_hook_fetches_anything() -> None:
    repositories = YAML(typ="safe", pure=True).load(CONFIG)["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    assert {hook["language"] for hook in HOOKS} == {"system"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in HOOKS)


def test_the_hooks_are_what_make_lint_types_runs_and_the_check_of_what_is_generated() -> None:
    linted = {
        line.removesuffix(" .") for line in _made("lint", "types").splitlines() if re.match(r"\.venv/bin/(?!uv )", line)
    }
    assert len(linted) == 4
    assert {hook["entry"] for hook in HOOKS} == linted | {".venv/bin/ioc render --check"}


@pytest.mark.parametrize("path", ["ioc/engine/shard.py", "streams/worker/worker.py", "dashboards/render.py"])
def test_every_hook_runs_on_a_change_of_code(path: str) -> None:
    assert (ROOT / path).is_file()
    assert [hook["id"] for hook in HOOKS if not re.search(hook.get("files", ""), path)] == []
