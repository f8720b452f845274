"""Certificates, passwords, tokens and the files they lie in."""
