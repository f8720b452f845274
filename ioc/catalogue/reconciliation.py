"""What every subsystem has without declaring it: the totals its source reports, for the daily reconciliation."""

from ioc.catalogue.model import EventSpec, FeedSpec, FieldSpec, Subsystem
from ioc.kpis.base import Kpi
from ioc.kpis.facts import Happened
from ioc.kpis.kinds.last import Last
from ioc.text.bilingual import Text
from ioc.time.durations import parse_duration

EVENT = "source_total.reported"
KPI = "source_total"
FEED = "reconciliation"
# `kpi` is already the label of a figure's own KPI.
LABEL = "figure"


def with_reconciliation(subsystem: Subsystem) -> Subsystem:
    """The subsystem with the event, feed, fields and KPI of its source's own totals, as far as its file has none.

    A file that declares a KPI on the event needs no other.
    """
    figures = {slug: Text(vi=kpi.name.vi, en=kpi.name.en) for slug, kpi in subsystem.kpis.items() if slug != KPI}
    fields = {
        "kpi": FieldSpec(type="code", name=Text(vi="Chỉ tiêu", en="KPI"), values=figures, label=LABEL),
        "value": FieldSpec(type="number", name=Text(vi="Giá trị", en="Value")),
        "as_of": FieldSpec(type="time", name=Text(vi="Số liệu đến", en="Data as of")),
    }
    event = EventSpec(
        name=Text(vi="Nguồn báo cáo tổng số", en="Source's total reported"), key="kpi", required=list(fields)
    )
    total = Last(
        kind="last",
        name=Text(vi="Tổng số do nguồn báo cáo", en="Source's own total"),
        description=Text(
            vi="Con số của chính nguồn cho từng chỉ tiêu, để đối chiếu hằng ngày.",
            en="The source's own figure of each KPI, for the daily reconciliation.",
        ),
        unit="cases",
        windows=["total"],
        by=[("kpi",)],
        of=EVENT,
        field="value",
        per=["kpi"],
        reported=True,
        possibly_empty=True,
    )
    # Nobody counts on it, so it is never silent; and its event is no sign of life of the source's other systems.
    feed = FeedSpec(
        name=Text(vi="Đối soát", en="Reconciliation"),
        events=[EVENT],
        allowed_lateness=parse_duration("48h"),
        duplicate_horizon=parse_duration("48h"),
    )
    has_feed = any(EVENT in feed.events for feed in subsystem.feeds.values())
    read = any(_reads_source(kpi) for kpi in subsystem.kpis.values())
    return subsystem.model_copy(
        update={
            "feeds": subsystem.feeds if has_feed else {**subsystem.feeds, FEED: feed},
            "fields": {**fields, **subsystem.fields},
            "events": {EVENT: event, **subsystem.events},
            "kpis": subsystem.kpis if read else {KPI: total, **subsystem.kpis},
        }
    )


def reconciling(subsystem: Subsystem) -> list[str]:
    """The KPIs that a file declares on the source's own totals, and those that compare with these."""
    totals = {slug for slug, kpi in subsystem.kpis.items() if slug != KPI and _reads_source(kpi)}
    return [
        slug
        for slug, kpi in subsystem.kpis.items()
        if slug in totals or any(read.kpi in totals for read in kpi.inputs())
    ]


def _reads_source(kpi: Kpi) -> bool:
    return any(measure.fact == Happened(EVENT) for measure in kpi.measures())
