"""A machine that has what a test gives it."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

_APT_CACHE = """\
[ -e {pool}/outdated ] && case $1 in -o*) ;; *) exit 0 ;; esac
case $* in
*pkgnames*) for package in {pool}/*.deb; do basename $package .deb; done ;;
*) cat {pool}/depends ;;
esac
"""
_APT_GET = """\
[ -e {pool}/outdated ] && case $1 in -o*) ;; *) echo "E: Failed to fetch" >&2; exit 100 ;; esac
for word; do
  case $word in
  -*|download|update) ;;
  *) cp {pool}/$word.deb . || {{ echo "E: Unable to locate package $word" >&2; exit 100; }} ;;
  esac
done
"""


class Machine:
    """Programs on PATH, and a distribution behind apt once there is one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = folder / "pool"
        self.path = folder / "bin"
        self.path.mkdir()

    def put(self, program: str, script: str) -> Path:
        """Put a shell script on PATH."""
        return _script(self.path / program, script)

    def with_apt(self, packages: Mapping[str, Mapping[str, str]], depends: Iterable[str] = ()) -> None:
        """Let apt have packages: by name their files, of which one that starts with `->` is a link.

        depends: what apt tells that any of them depend on.
        """
        self._pool.mkdir()
        (self._pool / "depends").write_text("\n".join(depends) + "\n")
        for program in ("dpkg-deb", "tar"):
            (self.path / program).symlink_to(str(shutil.which(program, path="/usr/bin:/bin")))
        for name, files in packages.items():
            self._build(name, files)
        self.put("apt-get", _APT_GET.format(pool=self._pool))
        self.put("apt-cache", _APT_CACHE.format(pool=self._pool))

    def outdate(self) -> None:
        """Let the system's package lists be of no use."""
        (self._pool / "outdated").touch()

    def damage(self, package: str) -> None:
        """Cut a package off."""
        deb = self._pool / f"{package}.deb"
        deb.write_bytes(deb.read_bytes()[:-200])

    def _build(self, name: str, files: Mapping[str, str]) -> None:
        root = self._folder / name
        (root / "DEBIAN").mkdir(parents=True)
        (root / "DEBIAN" / "control").write_text(
            f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: -\n"
        )
        for where, text in files.items():
            file = root / where
            file.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("->"):
                file.symlink_to(text.removeprefix("->"))
            else:
                _script(file, text)
        subprocess.run(["dpkg-deb", "--build", root, self._pool / f"{name}.deb"], check=True, capture_output=True)


def _script(file: Path, text: str) -> Path:
    file.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}")
    file.chmod(0o755)
    return file


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with an empty PATH and an empty cache."""
    machine = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(machine.path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return machine
