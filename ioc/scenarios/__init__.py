"""The scenarios: synthetic events, ready to publish. Pure: no clock, no network; the same seed gives the same events."""
