"""``make truth``: prints every combination's count, and fails where a status is better or worse than what is known."""

import sys

from tests.truth.faults import FAULTS
from tests.truth.judge import Verdict
from tests.truth.table import Outcome, limited, outcomes, printed


def main() -> int:
    every = [each for slug, kpi in limited() for fault in FAULTS for each in outcomes(slug, kpi, fault)]
    sys.stdout.writelines(f"{line}\n" for line in printed(every))
    wrong = sum(isinstance(each, Outcome) and each.verdict is not Verdict.RIGHT for each in every)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
