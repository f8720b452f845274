"""Files into topics."""
