"""Apache Kafka's server, fetched from Maven Central with the Maven client and its own settings."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from streams.stack.cache import SetupError, cached

KAFKA_VERSION = "4.1.1"
_LOG4J_VERSION = "2.24.3"
_OLDEST_JAVA = 17
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

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


def find_java() -> str:
    """Return the Java program ($JAVA_HOME first, then PATH). Raises SetupError if it is missing or older than 17."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        raise SetupError(f"Kafka needs Java {_OLDEST_JAVA}, which was not found: apt install openjdk-17-jre-headless.")
    banner = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', banner)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise SetupError(
            f"Kafka needs Java {_OLDEST_JAVA} or newer, but {java} is another: set JAVA_HOME to a newer one."
        )
    return java


def kafka_jars() -> Path:
    """Return the folder of the server's jars, downloading them once (43 MB). Raises SetupError."""
    # Kafka's own artifact leaves the choice of a logging backend open; without one a broker that fails says nothing.
    return jars(
        f"kafka-{KAFKA_VERSION}",
        f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
        f"org.apache.logging.log4j:log4j-slf4j-impl:{_LOG4J_VERSION}",
    )


def jars(name: str, *artifacts: str) -> Path:
    """Return the cached folder `name` of artifacts (group:artifact:version) and what they need. Raises SetupError."""
    return cached(name, lambda folder: _download(folder, artifacts))


def _download(folder: Path, artifacts: Iterable[str]) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise SetupError("Kafka is fetched with Maven, which was not found: apt install maven.")
    dependencies = "\n".join(_DEPENDENCY.format(*artifact.split(":")) for artifact in artifacts)
    with tempfile.TemporaryDirectory() as project:
        pom = Path(project) / "pom.xml"
        pom.write_text(_POM.format(dependencies=dependencies))
        result = subprocess.run(
            [maven, "-B", "-q", "-f", str(pom), _COPY, "-DincludeScope=runtime", f"-DoutputDirectory={folder}"],
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        first_error = next((line for line in result.stdout.splitlines() if "ERROR" in line), result.stderr.strip())
        raise SetupError(
            f"Maven could not fetch {', '.join(artifacts)}: check the network and Maven's settings.xml. {first_error}"
        )
