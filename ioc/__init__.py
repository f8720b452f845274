"""The domain of the IOC monitor: catalogue, events, engine, figures. No network, no Kafka client."""
