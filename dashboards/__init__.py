"""Generators of what Prometheus, Alertmanager and Grafana load, and the Prometheus API client."""
