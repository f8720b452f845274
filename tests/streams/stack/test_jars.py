import hashlib
import subprocess
from pathlib import Path

import pytest

from bench.contenders.kafka_streams import KAFKA_STREAMS
from streams.settings.secrets.certificates import Authority
from streams.stack.cache import SetupError, cache_folder
from streams.stack.jars import KAFKA, Jars, find_jars, lock
from streams.stack.java import find_java
from tests.streams.stack.conftest import Machine
from tests.streams.stack.test_java import runtime

MAVEN = """\
for word; do case $word in -DoutputDirectory=*) out=${word#*=} ;; esac; done
grep -q '<artifactId>server</artifactId>' pom.xml || exit 1
printf 'a server' > "$out/server-1.jar"
printf 'what it needs' > "$out/needed-2.jar"
"""
PINNED = {"server-1.jar": b"a server", "needed-2.jar": b"what it needs"}


def pins(folder: Path, pinned: dict[str, bytes]) -> Path:
    """A file of hashes, written as its format says."""
    file = folder / "server.sha256"
    lines = [f"{hashlib.sha256(content).hexdigest()}  {jar}" for jar, content in pinned.items()]
    file.write_text("\n".join(["# Made by hand.", *lines]) + "\n")
    return file


@pytest.fixture
def server(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jars:
    """Jars that the machine's Maven fetches as they are pinned."""
    (tmp_path / "java" / "lib" / "security").mkdir(parents=True)
    (tmp_path / "java" / "lib" / "security" / "cacerts").touch()
    runtime(tmp_path / "java", "17")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    machine.put("mvn", MAVEN)
    return Jars("server-1", ("org.example:server:1",), pins(tmp_path, PINNED))


def test_the_pinned_jars_are_taken_and_kept(server: Jars, machine: Machine) -> None:
    folder = find_jars(server)
    assert {jar.name: jar.read_bytes() for jar in folder.iterdir()} == PINNED
    (machine.path / "mvn").unlink()
    assert find_jars(server) == folder


@pytest.mark.parametrize(
    ("pinned", "fault"),
    [
        (PINNED | {"needed-2.jar": b"another"}, r"needed-2\.jar has another hash"),
        ({"server-1.jar": b"a server"}, r"needed-2\.jar is not pinned"),
        (PINNED | {"also-3.jar": b"more"}, r"also-3\.jar is missing"),
    ],
)
def test_jars_other_than_pinned_are_refused_by_name_and_not_kept(
    server: Jars, tmp_path: Path, pinned: dict[str, bytes], fault: str
) -> None:
    pins(tmp_path, pinned)
    with pytest.raises(
        SetupError, match=rf"^Maven brought other jars than pinned: {fault}\. Delete .* run make lock-jars"
    ):
        find_jars(server)
    assert list(cache_folder().iterdir()) == []


def test_a_jar_changed_or_added_in_the_cache_is_refused(server: Jars) -> None:
    folder = find_jars(server)
    (folder / "server-1.jar").write_bytes(b"a serpent")
    (folder / "zebra.jar").touch()
    faults = r"server-1\.jar has another hash, zebra\.jar is not pinned"
    with pytest.raises(SetupError, match=rf"^{folder} has other jars than pinned: {faults}\. Delete the folder"):
        find_jars(server)


def test_jars_are_taken_as_they_were_locked(server: Jars) -> None:
    before = server.pins.read_text()
    server.pins.write_text("")
    lock(server)
    assert find_jars(server).is_dir()
    assert sorted(server.pins.read_text().splitlines()[1:]) == sorted(before.splitlines()[1:])
    assert server.pins.read_text().startswith("# Made by make lock-jars: org.example:server:1")


def test_the_pins_are_as_sha256sum_reads_them(server: Jars) -> None:
    subprocess.run(["/usr/bin/sha256sum", "--check", "--strict", server.pins], cwd=find_jars(server), check=True)


@pytest.mark.parametrize("jars", [KAFKA, KAFKA_STREAMS])
def test_the_pins_are_of_the_versions_asked_for(jars: Jars) -> None:
    pinned = jars.pins.read_text()
    for artifact in jars.artifacts:
        assert f"  {'-'.join(artifact.split(':')[1:])}.jar\n" in pinned, f"{artifact}: run make lock-jars"


def test_maven_that_fails_leaves_no_jars(server: Jars, machine: Machine) -> None:
    machine.put("mvn", "echo '[ERROR] Could not transfer artifact'\nexit 1\n")
    with pytest.raises(SetupError, match=r"check the network.*Could not transfer artifact"):
        find_jars(server)
    assert list(cache_folder().iterdir()) == []


def test_maven_is_unpacked_with_its_libraries_where_there_is_none(server: Jars, machine: Machine) -> None:
    (machine.path / "mvn").unlink()
    libraries = ("libmaven3-core-java", "libguice-java")
    machine.with_apt(
        {"maven": {"usr/share/maven/bin/mvn": MAVEN}}
        | {name: {f"usr/share/java/{name}.jar": ""} for name in libraries},
        depends=["maven", *libraries, "default-jre-headless", "java-common", "libc6"],
    )
    assert find_jars(server).is_dir()
    root = next(cache_folder().glob("maven-*"))
    assert {jar.stem for jar in root.glob("usr/share/java/*")} == {*libraries}


def test_a_machine_without_maven_and_apt_is_told_what_to_install(server: Jars, machine: Machine) -> None:
    (machine.path / "mvn").unlink()
    lack, fix = "Kafka is fetched with Maven, which is not on PATH", "install Apache Maven"
    with pytest.raises(SetupError, match=f"^{lack}, and without apt-get nothing is fetched: {fix}"):
        find_jars(server)


def test_maven_runs_on_the_java_that_was_found(server: Jars, machine: Machine, tmp_path: Path) -> None:
    machine.put("mvn", f'{MAVEN}[ "$JAVA_HOME" = {tmp_path / "java"} ] && [ -z "$MAVEN_OPTS" ]\n')
    assert find_jars(server).is_dir()


@pytest.fixture
def keytool() -> Path:
    """Asked for before `machine` takes everything away."""
    return find_java().with_name("keytool")


def test_a_java_without_certificates_of_its_own_trusts_whom_the_machine_trusts(
    keytool: Path, server: Jars, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "java" / "lib" / "security" / "cacerts").unlink()
    authorities = [Authority(tmp_path / name) for name in ("one", "two")]
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"".join(authority.cert_file.read_bytes() for authority in authorities))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("MAVEN_OPTS", "-Xmx1g")
    machine.put("mvn", f'{MAVEN}cp trusted.p12 {tmp_path}\necho "$MAVEN_OPTS" > {tmp_path / "options"}\n')
    find_jars(server)
    options = (tmp_path / "options").read_text().split()
    assert options[-1] == "-Xmx1g"
    assert "-Djavax.net.ssl.trustStore=trusted.p12" in options
    # No password, as Java loads a trust store that it is told none of.
    listing = [keytool, "-J-Duser.language=en", "-list", "-storetype", "PKCS12", "-keystore", tmp_path / "trusted.p12"]
    told = subprocess.run(listing, input="\n", capture_output=True, text=True, check=True).stdout
    assert told.count("trustedCertEntry") == 2
