"""Exports sent again, under other names, in another order and overlapping: every case counts once."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, read_mapping
from streams.ingest.ingest import ingest
from streams.kafka.topics import topic_admin
from streams.settings.settings import Settings
from tests.streams.ingest.reading import Engine

FEEDBACK = """
mapping: feedback
subsystem: citizen_feedback
times: {at: {column: at}}
events:
  - event: request.received
    time: at
    when: [{column: what, one_of: [received]}]
    data:
      service_request_id: id
      service_code: {constant: other}
      agency_responsible: {constant: so_y_te}
      within_authority: {constant: true}
      channel: {constant: desk}
  - event: request.resolved
    time: at
    when: [{column: what, one_of: [handled]}]
    data: {service_request_id: id}
"""
HEADER = "id,what,at"
ROWS = [
    "F-1,received,2025-01-02T08:00:00+07:00",
    "F-1,handled,2025-01-03T08:00:00+07:00",
    "F-2,received,2025-06-02T08:00:00+07:00",
]


@pytest.mark.kafka
@pytest.mark.parametrize("partitions", [1, 12])
def test_export_sent_again_in_another_file_and_order_counts_once(
    tmp_path: Path, installation: Callable[..., Settings], catalogue: Catalogue, partitions: int
) -> None:
    settings = installation(clock="event", partitions=partitions)
    with topic_admin(settings) as admin:
        admin.ensure(["citizen_feedback"])
    form = tmp_path / "feedback.yaml"
    form.write_text(FEEDBACK, encoding="utf-8")
    mapper = Mapper(read_mapping(form), catalogue)
    for folder, rows in (("day1", ROWS[:2]), ("day2", ROWS), ("day2", ROWS), ("other", [*reversed(ROWS), ROWS[1]])):
        file = tmp_path / folder / "twice.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        report = ingest(mapper, file, settings)
        assert report.delivered == len(rows)
    engine = Engine(catalogue, "citizen_feedback", settings.partitions)
    asyncio.run(engine.read(settings))
    assert {kpi: engine.total(kpi).value for kpi in ("received", "resolved")} == {"received": 2, "resolved": 1}
    fates = engine.merged.fates("citizen_feedback")
    assert (fates.applied, fates.duplicate, fates.rejected) == (3, 9, 0)
