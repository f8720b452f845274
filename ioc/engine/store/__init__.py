"""What the engine remembers: panes, entities, numbers, and the header that a checkpoint is known by."""
