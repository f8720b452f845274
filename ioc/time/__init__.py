"""Durations, instants and the windows that KPIs are read over."""
