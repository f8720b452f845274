"""Figures: the partials of all partitions merged, and every KPI read from them at one time."""
