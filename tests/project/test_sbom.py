"""The bill of materials names what the lock pins, with the same versions and hashes."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bill_of_materials_is_that_of_the_lock(tmp_path: Path) -> None:
    recipe = re.search(r"^\t\$\(RUN\)/(cyclonedx-py .*?)(?<!\\)\n", (ROOT / "Makefile").read_text(), re.M | re.S)
    assert recipe is not None
    command = recipe[1].replace("\\\n", " ").replace("dist/sbom.json", str(tmp_path / "sbom.json")).split()
    subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=ROOT, check=True)
    components = json.loads((tmp_path / "sbom.json").read_text())["components"]
    listed = {each["name"].lower(): each["version"] for each in components}
    lock = (ROOT / "requirements.txt").read_text()
    pinned = {
        name.lower(): version for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", lock, re.M)
    }
    assert len(pinned) > 20
    assert listed == pinned
    kept = sum(len(reference.get("hashes", [])) for each in components for reference in each["externalReferences"])
    assert kept == lock.count("--hash=sha256:")
