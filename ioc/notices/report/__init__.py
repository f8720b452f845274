"""The leaders' report: a period's figures, ranks, alerts and what was unknown, as words and tables."""
