"""Settings from environment and files."""
