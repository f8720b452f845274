"""Programs that count the same events, each in a process of its own."""
