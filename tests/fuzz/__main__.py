"""``python -m tests.fuzz --minutes 5``: odd inputs into all that reads, odd texts out of all that writes, for so long.

Exits 1, with the seed and the input, where anything crashes, hangs for two minutes or ends without a reason.
"""

import argparse
import faulthandler
import secrets
import sys
import time
import traceback
from collections import Counter
from random import Random

from rich.console import Console
from rich.table import Table

from tests.fuzz.targets import TARGETS

HANGS_AFTER = 120
"""Seconds that one input may take: a machine that does much else gives it a tenth of them."""
REASONS_SHOWN = 12


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="repeats a run")
    parser.add_argument("--only", choices=TARGETS, help="fuzz one target")
    asked = parser.parse_args()
    names = [asked.only] if asked.only else [*TARGETS]
    console = Console()
    console.print(f"seed {asked.seed}")
    for name in names:
        random, target, fates = Random(asked.seed), TARGETS[name](asked.seed), Counter[str]()
        until = time.monotonic() + asked.minutes * 60 / len(names)
        while time.monotonic() < until:
            faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
            try:
                fates[target(random)] += 1
            except Exception:
                traceback.print_exc()
                again = f"--seed {asked.seed} --only {name} --minutes {asked.minutes}"
                console.print(f"input {fates.total() + 1:,} of {name} broke it; repeat with {again}", style="red")
                return 1
            finally:
                faulthandler.cancel_dump_traceback_later()
        console.print(_table(name, fates))
    return 0


def _table(name: str, fates: Counter[str]) -> Table:
    table = Table("what became of it", "inputs", title=f"{name}: {fates.total():,} inputs, none broke it")
    for fate, count in fates.most_common(REASONS_SHOWN):
        table.add_row(fate, f"{count:,}")
    return table


if __name__ == "__main__":
    sys.exit(main())
