import subprocess
from pathlib import Path

import pytest

from streams.secrets.certificates import Authority
from streams.stack.cache import SetupError, cache_folder
from streams.stack.jars import Jars, find_jars
from streams.stack.java import find_java
from tests.streams.stack.conftest import Machine
from tests.streams.stack.test_java import runtime

MAVEN = """\
for word; do case $word in -DoutputDirectory=*) out=${word#*=} ;; esac; done
grep -q '<artifactId>server</artifactId>' pom.xml || exit 1
printf 'a server' > "$out/server-1.jar"
printf 'what it needs' > "$out/needed-2.jar"
"""
FETCHED = {"server-1.jar": b"a server", "needed-2.jar": b"what it needs"}


@pytest.fixture
def server(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jars:
    """Jars that the machine's Maven fetches."""
    (tmp_path / "java" / "lib" / "security").mkdir(parents=True)
    (tmp_path / "java" / "lib" / "security" / "cacerts").touch()
    runtime(tmp_path / "java", "17")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    machine.put("mvn", MAVEN)
    return Jars("server-1", ("org.example:server:1",))


def test_jars_are_fetched_and_kept(server: Jars, machine: Machine) -> None:
    folder = find_jars(server)
    assert {jar.name: jar.read_bytes() for jar in folder.iterdir()} == FETCHED
    (machine.path / "mvn").unlink()
    assert find_jars(server) == folder


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
