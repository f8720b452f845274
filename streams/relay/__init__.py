"""The relay between Alertmanager and people: keeps what it is told, delivers it, asks again until somebody answers."""
