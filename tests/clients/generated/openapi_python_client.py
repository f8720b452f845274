import os
from datetime import UTC, datetime

from ioc_gateway_client import AuthenticatedClient
from ioc_gateway_client.api.default import send_batch, send_event
from ioc_gateway_client.models import (
    EnvironmentRainMeasured,
    EnvironmentRainMeasuredData,
    EnvironmentRainMeasuredSpecversion,
    EnvironmentRainMeasuredType,
)


def rain(event_id: str) -> EnvironmentRainMeasured:
    return EnvironmentRainMeasured(
        specversion=EnvironmentRainMeasuredSpecversion.VALUE_0,
        id=event_id,
        source="/generated",
        type_=EnvironmentRainMeasuredType.VN_PHUTHO_ENVIRONMENT_RAIN_MEASURED_V1,
        time=datetime.now(UTC),
        data=EnvironmentRainMeasuredData(station="viet_tri", rain=7.5),
    )


client = AuthenticatedClient(base_url=os.environ["GATEWAY"], token=os.environ["TOKEN"])
one = send_event.sync(client=client, body=rain("openapi_python_client-1"))
batch = send_batch.sync(client=client, body=[rain("openapi_python_client-2"), rain("openapi_python_client-3")])
print(one.accepted, batch.accepted)
