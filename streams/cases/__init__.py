"""The cases behind the figures: the state topic followed by one process, and its pages."""
