"""Launcher of a child process: ties the child's life to its parent's, then becomes the program.

Run as a script (`python tether.py PARENT_PID PROGRAM ARGUMENT...`), not imported: doing this between fork and exec in
the parent would run Python in a forked copy of a threaded process.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, *command = sys.argv[1:]
    # SIGKILL and not SIGTERM: nobody is left to notice a child that hangs while it shuts down.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit("The parent died before its child started.")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"Cannot run {command[0]}: {error.strerror}.")


if __name__ == "__main__":
    main()
