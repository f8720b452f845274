"""One module per subsystem: what its feed sends on a day."""
