"""Programs of other languages, which not every machine has."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

PATIENCE = 900.0
"""Seconds for a toolchain to fetch and build what it needs, which on a busy machine takes minutes."""


def needs(*programs: str) -> None:
    """Skip the test by the name of the program that is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on PATH")


async def run(script: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script in a folder; returns what it prints. Raises AssertionError with that where it fails."""
    child = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1,localhost", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        printed, _ = await asyncio.wait_for(child.communicate(), PATIENCE)
    except TimeoutError:
        child.kill()
        raise
    assert child.returncode == 0, f"{script}\n{printed.decode(errors='replace')[-4000:]}"
    return printed.decode()
