"""The times that rules and their inhibitions depend on, in seconds."""

EVALUATION = 5
"""Between two scrapes and between two evaluations."""
LEAD = 2 * EVALUATION
"""How much earlier the source of an inhibition fires than its targets."""
GAP = 60
"""A metric missing for less, as while the exporter restarts, is read as it last was: no hold starts anew."""
LOOKBACK = 300
"""For so long Prometheus finds a series' last sample, unless told that the series ended: `--query.lookback-delta`."""
FRESH = 30
"""By how much the figures of one exporter may be older than those of another."""
PLATFORM_HOLD = 30
"""Of the platform's alerts that explain why a feed is silent."""
FEED_HOLD = PLATFORM_HOLD + LEAD
KEEP_FIRING = FEED_HOLD + LEAD
"""A KPI's alert goes on for so long: when its feed dies, the feed's alert is there before this one would resolve."""
