"""The scenarios: synthetic events, ready to publish. No clock, no network; one seed gives one stream of events."""
