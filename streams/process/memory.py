"""Memory that a process has no use for any more."""

import ctypes


def give_back_memory() -> None:
    """Let the system have back what was freed; the allocator of glibc keeps it unless asked."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
