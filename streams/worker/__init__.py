"""The worker: Faust's application with batches flowing through it, and its checkpoints."""
