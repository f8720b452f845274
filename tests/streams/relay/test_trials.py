"""The channel for trials: a file, from which nothing leaves the machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.ioc.notices.samples import AT_FOUR, alert, webhook
from tests.streams.relay.receivers import Clock, until


async def test_for_trials_messages_are_appended_to_a_file(start_relay: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "messages.txt"
    contacts = f"contacts: {{lan: {{name: Lan, channels: [{{type: file, path: '{file}'}}]}}}}\n"
    async with start_relay(f"{contacts}chains: [{{contacts: [lan]}}]\ndigest: [lan]\n", Clock(AT_FOUR + 60)) as relay:
        await relay.machines.post("/alerts", json=webhook(alert()))
        await relay.machines.post("/alerts", json=webhook(alert(ends_at=AT_FOUR + 50)))
        await until(lambda: file.exists() and "[ĐÃ HẾT]" in file.read_text())
    assert "Giá trị: 3,55 % (1.137/32.043)" in file.read_text()
