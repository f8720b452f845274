"""Clients that common generators make of the OpenAPI document compile and send, and what they send is applied."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from ioc.catalogue import Catalogue
from ioc.events.openapi import openapi_text
from streams.settings.settings import Settings
from tests.clients.toolchains import needs, run
from tests.streams.gateway.conftest import Client
from tests.streams.gateway.sent import TOKEN, fates, records_of

pytestmark = [pytest.mark.kafka, pytest.mark.clients, pytest.mark.timeout(1200)]

SENDERS = Path(__file__).with_name("generated")
OPENAPI_GENERATOR = """
python3 -m venv generator && generator/bin/pip install --quiet openapi-generator-cli==7.26.0
generator/bin/openapi-generator-cli generate -i openapi.json -o client -g {0} > generator.log 2>&1
"""
TYPESCRIPT = """
npm init --yes > npm.log
npm install --no-audit --no-fund typescript@5.9.3 @types/node@24.10.1 {0} >> npm.log
"""


class Generator(NamedTuple):
    """How a client is made and what sends with it; its name is that of the file."""

    file: str
    tools: list[str]
    script: str


GENERATORS = [
    Generator(
        "python.py",
        ["java"],
        OPENAPI_GENERATOR.format("python")
        + "generator/bin/pip install --quiet ./client && generator/bin/python python.py",
    ),
    Generator(
        "Java.java",
        ["java", "mvn"],
        OPENAPI_GENERATOR.format("java --library native")
        + """
        mv Java.java client/src/main/java/ && cd client
        mvn --batch-mode --quiet compile dependency:build-classpath -Dmdep.outputFile=classpath > mvn.log 2>&1
        java -cp "target/classes:$(cat classpath)" Java
        """,
    ),
    Generator(
        "go.go",
        ["java", "go"],
        OPENAPI_GENERATOR.format("go --git-host gateway --git-user-id client --git-repo-id client")
        + """
        rm -rf client/test client/go.* && go mod init gateway 2> go.log && go mod tidy 2>> go.log && go run .
        """,
    ),
    Generator(
        "typescript_fetch.ts",
        ["java", "node", "npm"],
        OPENAPI_GENERATOR.format("typescript-fetch")
        + TYPESCRIPT.format("")
        + """
        npx tsc --strict --target es2022 --module commonjs --outDir out --types node typescript_fetch.ts
        node out/typescript_fetch.js
        """,
    ),
    Generator(
        "openapi_typescript.mts",
        ["node", "npm"],
        TYPESCRIPT.format("openapi-typescript@7.13.0 openapi-fetch@0.17.0")
        + """
        npx openapi-typescript openapi.json -o client.d.ts > generator.log 2>&1
        npx tsc --strict --target es2022 --module nodenext --outDir out --types node openapi_typescript.mts
        node out/openapi_typescript.mjs
        """,
    ),
    Generator(
        "openapi_python_client.py",
        [],
        """
        python3 -m venv venv && venv/bin/pip install --quiet openapi-python-client==0.29.1
        PATH="$PWD/venv/bin:$PATH" venv/bin/openapi-python-client generate --path openapi.json --fail-on-warning \\
            --output-path client > generator.log
        venv/bin/pip install --quiet ./client && venv/bin/python openapi_python_client.py
        """,
    ),
    Generator(
        "oapi_codegen.go",
        ["go"],
        """
        go mod init gateway 2> go.log
        GOFLAGS=-mod=mod go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 \\
            -generate types,client -package main -o client.go openapi.json 2>> go.log
        go mod tidy 2>> go.log && go run .
        """,
    ),
]


@pytest.mark.parametrize("generator", GENERATORS, ids=[generator.file for generator in GENERATORS])
async def test_a_generated_client_compiles_and_what_it_sends_is_applied(
    generator: Generator, client: Client, settings: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    needs("python3", *generator.tools)
    (tmp_path / "openapi.json").write_text(openapi_text(catalogue))
    shutil.copy(SENDERS / generator.file, tmp_path)
    environment = {"GATEWAY": str(client.base_url).rstrip("/"), "TOKEN": TOKEN}
    printed = await run(generator.script, tmp_path, environment)
    assert printed.splitlines()[-1] == "1 2"

    name = Path(generator.file).stem.lower()
    records = await records_of(settings, "environment", *(f"{name}-{number}" for number in (1, 2, 3)))
    assert len(records) == 3
    assert fates(catalogue, "environment", records, settings.partitions).applied == 3
