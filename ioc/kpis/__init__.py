"""KPIs: what the engine keeps for them and how they are read, their kinds, limits, statuses and metrics."""
