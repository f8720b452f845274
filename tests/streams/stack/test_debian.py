from pathlib import Path

import pytest

from streams.stack.cache import SetupError, cache_folder
from streams.stack.debian import Packages, unpacked
from streams.stack.programs import Program, find_program
from tests.streams.stack.conftest import Machine

TOOL = Packages(
    name="tool",
    lack="The tool is not on PATH",
    choose=lambda apt: ["tool", *apt.needed_by(["tool"], r"libtool\S*")],
    holds=["usr/bin/tool"],
    without_apt="install the tool",
)
FILES = {"usr/bin/tool": "echo it works\n"}


def test_packages_are_unpacked_with_what_is_chosen_of_their_dependencies(machine: Machine) -> None:
    machine.with_apt(
        {"tool": FILES, "libtool-data": {"usr/share/tool/data": "data\n"}},
        depends=["tool", "  Depends: libc6", "libc6", "libtool-data"],
    )
    root = unpacked(TOOL)
    assert root.parent == cache_folder()
    assert (root / "usr" / "share" / "tool" / "data").exists()


def test_a_link_to_an_absolute_path_leads_to_what_was_unpacked_with_it(machine: Machine) -> None:
    machine.with_apt(
        {
            "tool": {
                **FILES,
                "etc/tool/tool.conf": "own\n",
                "usr/lib/tool/conf": "->/etc/tool",
                "usr/lib/tool/tool.conf": "->/etc/tool/tool.conf",
                "usr/lib/tool/system": "->/etc/os-release",
            }
        }
    )
    library = unpacked(TOOL) / "usr" / "lib" / "tool"
    assert (library / "tool.conf").read_text().endswith("own\n")
    assert (library / "conf" / "tool.conf").read_text().endswith("own\n")
    assert (library / "system").readlink() == Path("/etc/os-release")


def test_lists_of_its_own_are_fetched_where_the_systems_are_of_no_use(machine: Machine) -> None:
    machine.with_apt({"tool": FILES})
    machine.outdate()
    assert (unpacked(TOOL) / "usr" / "bin" / "tool").exists()


def test_what_apt_complains_of_is_told(machine: Machine) -> None:
    machine.with_apt({})
    with pytest.raises(SetupError, match=r"check the network and apt's sources\. Unable to locate package tool"):
        unpacked(TOOL)
    assert list(cache_folder().iterdir()) == []


def test_a_damaged_package_is_not_kept(machine: Machine) -> None:
    machine.with_apt({"tool": {**FILES, "usr/share/tool/data": "data\n" * 1000}})
    machine.damage("tool")
    with pytest.raises(SetupError, match=r"tool\.deb arrived damaged or does not fit on the disk"):
        unpacked(TOOL)
    assert list(cache_folder().iterdir()) == []


def test_a_package_laid_out_otherwise_says_what_it_lacks(machine: Machine) -> None:
    machine.with_apt({"tool": {"opt/tool": "echo it works\n"}})
    with pytest.raises(
        SetupError, match="not on PATH, and this distribution's packages have no usr/bin/tool: install the tool"
    ):
        unpacked(TOOL)
    assert list(cache_folder().iterdir()) == []


def test_a_machine_without_apt_is_told_what_to_install(machine: Machine) -> None:
    lack, fix = "are not all on PATH", "install them from their project's archives"
    with pytest.raises(SetupError, match=f"^Prometheus, .* {lack}, and without apt-get nothing is fetched: {fix}"):
        find_program(Program.PROMETHEUS)


def test_program_on_path_is_preferred(machine: Machine) -> None:
    alertmanager = machine.put("alertmanager", "")
    assert find_program(Program.ALERTMANAGER) == alertmanager
