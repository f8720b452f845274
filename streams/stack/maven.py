"""Maven, from PATH or from Debian's packages; it fetches jars with its user's own settings.xml."""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import load_pem_x509_certificates

from streams.stack.cache import SetupError
from streams.stack.debian import Apt, Packages, unpacked
from streams.stack.java import find_java

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_PROGRAM = "usr/share/maven/bin/mvn"

_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>ioc-monitor</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""
_DEPENDENCY = """\
    <dependency>
      <groupId>{0}</groupId>
      <artifactId>{1}</artifactId>
      <version>{2}</version>
    </dependency>"""


def fetch_jars(folder: Path, artifacts: Sequence[str]) -> None:
    """Put the jars of artifacts (group:artifact:version) and of what they need into a folder. Raises SetupError."""
    dependencies = "\n".join(_DEPENDENCY.format(*artifact.split(":")) for artifact in artifacts)
    with tempfile.TemporaryDirectory() as work:
        project = Path(work)
        (project / "pom.xml").write_text(_POM.format(dependencies=dependencies))
        result = subprocess.run(
            [_find_maven(), "-B", "-q", _COPY, "-DincludeScope=runtime", f"-DoutputDirectory={folder}"],
            cwd=project,
            env={**os.environ, **_environment(project)},
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        first_error = next((line for line in result.stdout.splitlines() if "ERROR" in line), result.stderr.strip())
        raise SetupError(
            f"Maven could not fetch {', '.join(artifacts)}: check the network and Maven's settings.xml. {first_error}"
        )


def _find_maven() -> Path:
    """`mvn` on PATH, else in the cache, downloading 10 MB once. Raises SetupError."""
    found = shutil.which("mvn")
    return Path(found) if found else unpacked(_MAVEN) / _PROGRAM


def _environment(project: Path) -> Mapping[str, str]:
    """What Maven finds Java by, and whom Java trusts."""
    home = find_java().parent.parent
    if (home / "lib" / "security" / "cacerts").exists():
        return {"JAVA_HOME": str(home)}
    # Debian makes Java's certificate store when Java is installed, of the same certificates.
    authorities = os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt"
    (project / "trusted.p12").write_bytes(_trust_store(Path(authorities)))
    # Relative to the project, since a path with a blank would fall apart. The user's own options come last and win.
    options = "-Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStore=trusted.p12"
    return {"JAVA_HOME": str(home), "MAVEN_OPTS": f"{options} {os.environ.get('MAVEN_OPTS', '')}"}


def _trust_store(authorities: Path) -> bytes:
    with warnings.catch_warnings():
        # Whom the machine trusts is its owner's choice, down to the form of the certificates.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        certificates = load_pem_x509_certificates(authorities.read_bytes())
    return pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(certificate, None) for certificate in certificates], NoEncryption()
    )


def _choose(apt: Apt) -> list[str]:
    return ["maven", *apt.needed_by(["maven"], r"lib\S+-java")]


_MAVEN = Packages(
    name="maven",
    lack="Kafka is fetched with Maven, which is not on PATH",
    choose=_choose,
    holds=[_PROGRAM],
    without_apt="install Apache Maven",
)
