"""A package, so that its broker and what runs on it end with its last test."""
