"""The gateway: CloudEvents by HTTP, for feeds that cannot speak Kafka."""
