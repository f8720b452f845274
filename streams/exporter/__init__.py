"""The exporter: what all partitions know, served to Prometheus."""
