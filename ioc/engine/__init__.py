"""The engine: from a batch of records to what changed in a partition's state."""
