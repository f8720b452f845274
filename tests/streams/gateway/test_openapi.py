"""Schemathesis sends what the document allows and what it does not: no 5xx, and every answer is one it declares."""

import asyncio
from collections.abc import Callable

import pytest
import requests
import schemathesis
from hypothesis import Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ioc.catalogue import Catalogue
from ioc.events.openapi import BATCH_PATH, PATH, openapi
from tests.streams.gateway.conftest import Client
from tests.streams.gateway.sent import TOKEN

pytestmark = pytest.mark.kafka

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def sender(catalogue: Catalogue, address: str, path: str, mode: GenerationMode, seen: set[int]) -> Callable[[], None]:
    """Sends some requests of a mode to a path of a gateway, and notes the statuses of the answers."""
    schema = schemathesis.openapi.from_dict(openapi(catalogue))

    @settings(max_examples=25, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(case=schema[path]["POST"].as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        # Not schemathesis' own call: it counts connections in a way that urllib3-future, which apprise brings, has not.
        sent = case.as_transport_kwargs(base_url=address, headers={"Authorization": f"Bearer {TOKEN}"})
        answer = requests.request(**sent, timeout=60)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    return send


@pytest.mark.parametrize("path", [PATH, BATCH_PATH])
@pytest.mark.parametrize(
    ("mode", "expected"), [(GenerationMode.POSITIVE, 202), (GenerationMode.NEGATIVE, 400)], ids=["allowed", "spoilt"]
)
async def test_no_request_makes_the_gateway_fail(
    client: Client, catalogue: Catalogue, path: str, mode: GenerationMode, expected: int
) -> None:
    seen: set[int] = set()
    await asyncio.to_thread(sender(catalogue, str(client.base_url), path, mode, seen))
    assert expected in seen
