"""Kafka: topics, grants, and readers and writers of logs."""
