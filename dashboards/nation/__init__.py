"""What a nation's Prometheus, Alertmanager and Grafana load: the provinces' wholes, side by side."""
