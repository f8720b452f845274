"""Which exporters count: of two the fresher one, so that one that stands still decides no status."""

from dashboards.rules.names import EXPORTER_FRESH
from dashboards.rules.rule import Recording
from dashboards.rules.timing import EVALUATION, FRESH, GAP, LOOKBACK
from ioc.kpis import metric_names, platform_metrics


def fresh_recording() -> Recording:
    """1 for each exporter whose figures are not older than those of the freshest, 0 for the others.

    Compared with each other and not with a clock: where no worker writes, all stand still and all count.
    """
    newest = f"last_over_time({platform_metrics.EXPORTER_CHECKPOINT}[{GAP}s])"
    return Recording(EXPORTER_FRESH, f"{newest}\n  >= bool\nscalar(max({newest})) - {FRESH}")


def recent(series: str) -> str:
    """An exported series as it last was within the gap that is bridged, of the exporters that count."""
    return of_fresh(f"last_over_time({series}[{GAP}s])")


def of_fresh(series: str) -> str:
    """What an expression over exported series gives of the exporters that count: what is judged."""
    return f"({series} and on (instance) {EXPORTER_FRESH} == 1)"


def while_one_answers(recorded: str) -> str:
    """What rules recorded, but not while it is only bridged: the last exporter is gone, and nothing is known of now.

    Nor what a Prometheus that has just been started again still finds from before it ended. In an imported past there
    is no clock, and what was recorded stands.
    """
    lately = f"group(last_over_time({metric_names.CLOCK}[{LOOKBACK + GAP + 2 * EVALUATION}s]))"
    now = f"group(timestamp({metric_names.CLOCK}) > time() - {GAP})"
    return f"({recorded}) unless on () ({lately} unless on () {now})"


def of_unoutdated(series: str) -> str:
    """Likewise, but where nobody knows which count, as in an imported past, all do: what is only shown."""
    return f"({series} unless on (instance) {EXPORTER_FRESH} == 0)"


def certainty(which: str = "", by: str = "") -> str:
    """How much is known of what makes a KPI: of the exporters that count the one that knows least is believed.

    ``which``: matchers in braces, an offset, or nothing; ``by``: labels that tell several KPIs apart.
    """
    grouped = f" by ({by}) " if by else ""
    return f"min{grouped}({of_unoutdated(metric_names.KPI_KNOWLEDGE + which)})"
