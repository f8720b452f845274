"""The local stack: Kafka, Prometheus, Alertmanager, Grafana and our own processes as children of one process."""
