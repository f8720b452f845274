"""What people are told: alerts in words, the turns of a chain of contacts, the digest, the shift report."""
