"""The plumbing of the IOC monitor: Kafka, Faust, exporter, local stack. Knows no KPI."""
