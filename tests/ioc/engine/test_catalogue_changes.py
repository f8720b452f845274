"""A state goes on under a changed catalogue exactly, or is refused with the way out."""

from pathlib import Path
from typing import Any

import pytest

from ioc.catalogue import load
from ioc.engine.compatibility import IncompatibleState
from ioc.engine.plan import Plan, compile_plan
from ioc.engine.shard import Shard
from ioc.engine.store.checkpoint_header import decode_header, encode_header
from ioc.engine.store.keys import HEADER, Kind, StoredKey
from ioc.events.records import Batch
from ioc.figures.clock import Clock
from ioc.figures.exposition import Exposition
from ioc.figures.knowledge import Backlog
from ioc.figures.merged import MergedFigures
from tests.ioc.catalogues import SLUG, batch, catalogue, event

SUMMED = "    by: [unit, policy]\n    windows: [month, total]\n"
WITHOUT_POLICY = "    by: [unit]\n    windows: [month, total]\n"
OPEN_BY_FORM = """  open_by_form:
    kind: open
    name: {vi: Đang mở, en: Open}
    description: {vi: Báo cáo đang mở., en: Reports open.}
    entity: report
    unit: reports
    by: [form]
    windows: [total]
"""
DUE, AUGUST = "2025-08-01T00:00:00+07:00", "2025-08-02T04:00:00+07:00"
APPENDED = 1_754_200_000_000


def plan_of(folder: Path, *edits: tuple[str, str]) -> Plan:
    return compile_plan(load(catalogue(folder, *edits)))


class Log:
    """What checkpoints leave in the two topics of the one partition."""

    def __init__(self) -> None:
        self.state: dict[bytes, bytes] = {}
        self.figures: dict[bytes, bytes] = {}

    def run(self, plan: Plan, *records: tuple[bytes, bytes]) -> Shard:
        """Restore, apply records and checkpoint."""
        shard = self.restored(plan)
        shard.apply(self.batch(shard, *records))
        self.settle(shard)
        return shard

    def restored(self, plan: Plan) -> Shard:
        return Shard.restore(plan, 0, 1, [*self.state.items()], [*self.figures.items()])

    def settle(self, shard: Shard) -> None:
        """Write the checkpoint of a shard."""
        checkpoint = shard.checkpoint()
        assert checkpoint is not None
        assert checkpoint.dead_letters == []
        for written, live in ((checkpoint.state, self.state), (checkpoint.figures, self.figures)):
            for record in written:
                live.pop(record.key, None)
                if record.value is not None:
                    live[record.key] = record.value

    def batch(self, shard: Shard, *records: tuple[bytes, bytes]) -> Batch:
        return batch(shard.positions.get(SLUG, 0), *records, appended=APPENDED)

    def merged(self, plan: Plan) -> MergedFigures:
        merged = MergedFigures(plan)
        header = self.figures[HEADER]
        for key, value in self.figures.items():
            if key != HEADER:
                merged.put(0, key, value)
        merged.put(0, HEADER, header)
        return merged

    def value(self, plan: Plan, kpi: str, **labels: str) -> float | None:
        exposition = Exposition(plan, Clock("event"), simulated=True)
        found = [f for f in exposition.figures(self.merged(plan), Backlog(), 0) if f.kpi == kpi and f.window == "total"]
        return next((f.value for f in found if dict(f.labels) == labels), None)

    def since(self, plan: Plan) -> dict[str, float]:
        families = Exposition(plan, Clock("event"), simulated=True).families(self.merged(plan), Backlog(), 0)[""]
        (family,) = (family for family in families if family.name == "ioc_kpi_since_seconds")
        return {dict(labels)["kpi"]: value for labels, value in family.samples}


def settled(number: int, **given: Any) -> tuple[bytes, bytes]:
    return b"d%d" % number, event(number, **given)


def scheduled(number: int, time: str = "2025-07-23T04:00:00+07:00") -> tuple[bytes, bytes]:
    data = {"report": f"r{number}", "form": "economy", "unit": "so_noi_vu", "period": "2025-07", "due_at": DUE}
    return b"r%d" % number, event(100 + number, "report.scheduled", time, **data)


def received(number: int) -> tuple[bytes, bytes]:
    return b"r%d" % number, event(200 + number, "report.received", AUGUST, report=f"r{number}")


def test_a_new_kpi_of_plain_events_starts_from_its_first_event_and_says_since_when(tmp_path: Path) -> None:
    old, new = plan_of(tmp_path / "old", (SUMMED, WITHOUT_POLICY)), plan_of(tmp_path / "new")
    log = Log()
    log.run(old, settled(1))
    assert log.since(old) == {}
    log.run(new, settled(2, time=AUGUST))
    policy = {"policy": "resignation"}
    assert log.value(new, "people_settled", unit="so_noi_vu") == 4
    assert log.value(new, "people_settled", **policy) == 2
    assert log.since(new) == {"people_settled": 1_753_218_000}


def test_a_new_kpi_of_open_entities_counts_those_remembered_and_never_falls_below_zero(tmp_path: Path) -> None:
    marker = "  people_settled:\n"
    old, new = plan_of(tmp_path / "old"), plan_of(tmp_path / "new", (marker, OPEN_BY_FORM + marker))
    log = Log()
    log.run(old, scheduled(1), scheduled(2))
    log.run(new, received(1))
    assert log.value(new, "open_by_form") == 1
    log.run(new, received(2))
    assert log.value(new, "open_by_form") == 0


def test_a_new_kpi_of_a_field_that_was_not_kept_says_that_it_knows_it_from_now_on_only(tmp_path: Path) -> None:
    marker, july = "  people_settled:\n", '    where: {period: ["2025-07"]}\n'
    of_july = OPEN_BY_FORM.replace("open_by_form", "open_of_july").replace("    by: [form]\n", july)
    old, new = plan_of(tmp_path / "old"), plan_of(tmp_path / "new", (marker, of_july + marker))
    log = Log()
    log.run(old, scheduled(1))
    log.run(new, scheduled(2, time=AUGUST))
    assert log.since(new) == {"open_of_july": 1_753_218_000}
    assert log.value(new, "open_of_july") == 1
    log.run(new, received(1), received(2))
    assert log.value(new, "open_of_july") == 0


def test_a_new_kpi_is_there_without_any_further_event_and_an_unchanged_catalogue_stores_nothing(tmp_path: Path) -> None:
    marker = "  people_settled:\n"
    old, new = plan_of(tmp_path / "old"), plan_of(tmp_path / "new", (marker, OPEN_BY_FORM + marker))
    log = Log()
    log.run(old, scheduled(1))
    assert log.restored(old).checkpoint() is None
    log.settle(log.restored(new))
    assert log.value(new, "open_by_form") == 1
    assert log.restored(new).checkpoint() is None


def test_what_an_older_worker_did_in_between_is_counted_again_by_the_newer_one(tmp_path: Path) -> None:
    marker = "  people_settled:\n"
    old, new = plan_of(tmp_path / "old"), plan_of(tmp_path / "new", (marker, OPEN_BY_FORM + marker))
    log = Log()
    log.run(old, scheduled(1))
    log.run(new, scheduled(2))
    log.run(old, scheduled(3), received(2))
    log.run(new, scheduled(4))
    assert log.value(new, "open_by_form", form="economy") == 3
    assert log.value(new, "people_settled") is None or log.value(new, "people_settled") == 0


def test_a_removed_kpi_is_dropped_from_the_log(tmp_path: Path) -> None:
    old, new = plan_of(tmp_path / "old"), plan_of(tmp_path / "new", (SUMMED, WITHOUT_POLICY))
    log = Log()
    log.run(old, settled(1))
    assert any(b"|pane|policy" in key for key in log.figures)
    log.run(new, settled(2))
    assert not any(b"|pane|policy" in key for key in log.figures)
    assert log.value(new, "people_settled") == 4
    log.run(old, settled(3))
    assert log.value(old, "people_settled", policy="resignation") == 2


def test_a_removed_subsystem_is_dropped_from_the_log(tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "old")
    log = Log()
    log.run(plan, settled(1))
    none = compile_plan(plan.catalogue.model_copy(update={"subsystems": {}}))
    shard = Shard.restore(none, 0, 1, [*log.state.items()], [*log.figures.items()])
    checkpoint = shard.checkpoint()
    assert checkpoint is not None
    assert {r.key for r in checkpoint.state if r.value is None} == set(log.state)
    assert {r.key for r in checkpoint.figures if r.value is None} == set(log.figures) - {HEADER}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "    deadlines: {main: {field: due_at}}",
            "    deadlines: {main: {field: due_at, after: 5wd}}",
            "entities.report.deadlines.main",
        ),
        ("duplicate_horizon: 48h", "duplicate_horizon: 24h", "duplicate_horizon: was 172800 s, is 86400 s"),
    ],
)
def test_a_change_of_what_was_counted_is_refused_with_the_way_out(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    log = Log()
    log.run(plan_of(tmp_path / "old"), scheduled(1))
    with pytest.raises(IncompatibleState) as refused:
        log.run(plan_of(tmp_path / "new", (old, new)), scheduled(2))
    assert told in str(refused.value)
    assert "ioc replay --prefix NEW" in str(refused.value)


def test_a_state_of_a_newer_format_is_refused_and_one_of_the_former_goes_on(tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "plan")
    log = Log()
    log.run(plan, settled(1), scheduled(1))
    header = decode_header(log.figures[HEADER])
    header.state_format += 1
    newer = {**log.figures, HEADER: encode_header(header)}
    with pytest.raises(IncompatibleState, match="run the newer program"):
        Shard.restore(plan, 0, 1, [*log.state.items()], [*newer.items()])
    first_format(log)
    log.run(plan, received(1), settled(2))
    assert log.value(plan, "people_settled") == 4
    assert log.since(plan) == {}


def first_format(log: Log) -> None:
    """Make a log what the program before state schemas wrote."""
    from ioc.engine.store.digest import LogDigest
    from ioc.events.records import Record

    del (
        log.state[StoredKey(SLUG, Kind.STATE_SCHEMA).encode()],
        log.figures[StoredKey(SLUG, Kind.COLUMN_ORIGINS).encode()],
    )
    header = decode_header(log.figures.pop(HEADER))
    digest = LogDigest()
    digest.enter(Record(*pair) for pair in (*log.state.items(), *log.figures.items()))
    header.live, header.digest, header.state_format = len(digest), digest.hash, 1
    log.figures[HEADER] = encode_header(header)
