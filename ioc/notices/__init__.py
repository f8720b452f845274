"""What people are told of alerts: the words, the turns of a chain of contacts, the digest, the shift report."""
