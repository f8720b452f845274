"""What the catalogue does not declare of an event goes nowhere, or its event is refused."""

import json

import pytest

from ioc.catalogue import Catalogue
from ioc.events.admission import Admission
from ioc.events.decoding import Rejection
from ioc.events.pseudonyms import Pseudonyms
from ioc.time.instants import EpochMs
from streams.settings.settings import Settings
from tests.streams.gateway.conftest import Client
from tests.streams.gateway.sent import HASH_KEY, STRUCTURED, admitted, records_of, send

pytestmark = pytest.mark.kafka

UNDECLARED = {"full_name": "Nguyễn Văn An", "identity": {"number": "025093001234"}, "stay": "S-9"}


async def test_only_what_is_declared_reaches_kafka(client: Client, settings: Settings) -> None:
    event = admitted("An")
    event |= {"subject": "Nguyễn Văn An", "patientname": "Nguyễn Văn An", "datacontenttype": "application/json; An"}
    event["data"] |= UNDECLARED
    twice = (
        json.dumps(event).replace('"data": {', '"data": {"stay": "Nguyễn", "facility": "lung"}, "data": {', 1).encode()
    )
    assert (await send(client, event))[0] == 202
    assert (await client.post("/events", content=twice, headers=STRUCTURED)).status_code == 202
    records = await records_of(settings, "health", event["id"])
    assert len(records) == 2
    for record in records:
        assert "Nguy" not in f"{record.key} {record.headers} {json.loads(record.value)}"
        assert "025093001234" not in str(record.value)
        assert json.loads(record.value)["data"].keys() == {"stay", "facility", "patient"}


def test_a_feed_may_be_held_to_what_is_declared(catalogue: Catalogue) -> None:
    health = catalogue.subsystems["health"]
    strict = {slug: feed.model_copy(update={"undeclared": "refuse"}) for slug, feed in health.feeds.items()}
    own = catalogue.model_copy(
        update={"subsystems": {**catalogue.subsystems, "health": health.model_copy(update={"feeds": strict})}}
    )
    admission = Admission(own, Pseudonyms(HASH_KEY.encode()))
    now = EpochMs(2**42)
    for changed, field in (
        ({"subject": "An"}, "subject"),
        ({"traceparent": "00"}, "traceparent"),
        ({"data": admitted("An")["data"] | {"name": "An"}}, "data.name"),
    ):
        with pytest.raises(Rejection) as caught:
            admission.admit(json.dumps(admitted("An") | changed).encode(), (), now)
        assert (caught.value.reason, caught.value.field) == ("undeclared", field)
    assert admission.admit(json.dumps(admitted("An") | {"partitionkey": "S-1"}).encode(), (), now).key == b"S-1"
