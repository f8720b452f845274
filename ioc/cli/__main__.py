"""``python -m ioc.cli``: what child processes are started as."""

from ioc.cli.main import main

main()
