import os
from datetime import UTC, datetime

from openapi_client import (
    ApiClient,
    Configuration,
    DefaultApi,
    EnvironmentRainMeasured,
    EnvironmentRainMeasuredData,
    Event,
)


def rain(event_id: str) -> Event:
    return Event(
        EnvironmentRainMeasured(
            specversion="1.0",
            id=event_id,
            source="/generated",
            type="vn.phutho.environment.rain.measured.v1",
            time=datetime.now(UTC),
            data=EnvironmentRainMeasuredData(station="viet_tri", rain=7.5),
        )
    )


api = DefaultApi(ApiClient(Configuration(host=os.environ["GATEWAY"], access_token=os.environ["TOKEN"])))
one = api.send_event(rain("python-1"))
batch = api.send_batch([rain("python-2"), rain("python-3")])
print(one.accepted, batch.accepted)
