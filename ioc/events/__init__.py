"""Events: how they are decoded, written, keyed, mapped from files, and refused."""
