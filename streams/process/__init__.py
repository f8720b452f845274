"""What every long-running process does alike: its log, its signals and its end."""
