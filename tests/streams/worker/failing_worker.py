"""A worker whose engine fails on one amount: what happens where a program has a fault that nobody foresaw."""

import sys

from ioc.cli.main import main
from ioc.engine import tally

POISON = 666
_as_amount = tally.as_amount


def failing(value: float | None) -> int:
    if value == POISON:
        raise ArithmeticError("a fault that nobody foresaw")
    return _as_amount(value)


if __name__ == "__main__":
    tally.as_amount = failing
    sys.argv[1:] = ["worker"]
    main()
