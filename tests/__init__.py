"""The tests, importable by the programs among them: `python -m tests.fuzz`."""
