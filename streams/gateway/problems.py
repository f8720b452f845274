"""Requests that the gateway refuses as a whole, with the events at fault."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from aiohttp import web

from ioc.events.decoding import Rejection
from streams.web.problems import CHALLENGE, problem

MOST_TOLD = 20
"""Events at fault that an answer names; of more nothing is looked at."""


@dataclass(frozen=True)
class EventProblem:
    """What is wrong with one event of a request."""

    index: int
    reason: str
    field: str
    detail: str

    @classmethod
    def of(cls, index: int, rejection: Rejection) -> "EventProblem":
        return cls(index, rejection.reason, rejection.field, rejection.detail)


class Refused(Exception):
    """A request is refused as a whole.

    Args:
        status: the HTTP status.
        reason: a word to group by.
        faults: the events at fault; the first ones are told.
        retry_after: seconds after which to send it again.
    """

    def __init__(
        self,
        status: HTTPStatus,
        reason: str,
        detail: str,
        *,
        field: str = "",
        faults: Sequence[EventProblem] = (),
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.field = field
        self.faults = faults
        self.retry_after = retry_after

    @classmethod
    def for_faults(cls, status: HTTPStatus, faults: Sequence[EventProblem]) -> "Refused":
        """For events at fault: told is the first one, and where more are, how many."""
        first = faults[0]
        more = f" ({len(faults)} events at fault)" if len(faults) > 1 else ""
        if len(faults) > MOST_TOLD:
            more = f" (more than {MOST_TOLD} events at fault)"
        return cls(status, first.reason, f"event {first.index}: {first.detail}{more}", field=first.field, faults=faults)

    def response(self) -> web.Response:
        """The answer."""
        headers = {"Retry-After": str(max(1, round(self.retry_after + 0.5)))} if self.retry_after else {}
        if self.status is HTTPStatus.UNAUTHORIZED:
            headers |= CHALLENGE
        errors = {"errors": [asdict(fault) for fault in self.faults[:MOST_TOLD]]} if self.faults else {}
        return problem(self.status, self.detail, reason=self.reason, field=self.field, headers=headers, **errors)
