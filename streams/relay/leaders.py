"""The leaders' report: made and written into the store on working days, at the declared time of day; once each."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Protocol

from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.channels import Channel, Payload
from ioc.notices.digest import last_due
from ioc.notices.episode import Episode
from ioc.notices.report.letter import Letter
from ioc.notices.report.period import Period, due_on
from ioc.text.formats import local_time
from streams.relay.contacts import REPORTED_BY, Contacts, address_of
from streams.relay.report.files import ReportFile
from streams.relay.store import REPORT, Store

REPORT_MARK = "report"


class Reports(Protocol):
    """Who makes reports."""

    async def of(self, periods: Sequence[Period], alerts: Sequence[Episode]) -> tuple[Letter, list[ReportFile]]:
        """A mail and what is attached to it. Raises whatever keeps it from being made."""
        ...


@dataclass
class Leaders:
    """Who gets the report, and when."""

    store: Store
    contacts: Contacts
    calendar: WorkingCalendar
    reports: Reports
    report_at: time
    """Local time of day, on working days."""
    now: Callable[[], float]

    def __post_init__(self) -> None:
        # A first start is no missed report.
        if self.store.mark(REPORT_MARK) is None:
            with self.store as transaction:
                transaction.set_mark(REPORT_MARK, self.now())

    async def round(self) -> bool:
        """Make and write the report of the day if it is due and was not; tells whether there is something to deliver.

        What was missed on an earlier day is not made up for: today's says more. Raises what keeps it from being made,
        and is to be called again then.
        """
        now = self.now()
        due = last_due(self.calendar, self.report_at, now)
        day = local_time(due).date()
        missed = local_time(now).date() != day
        if missed or not self.contacts.report or (self.store.mark(REPORT_MARK) or 0.0) >= due:
            return False
        periods = due_on(self.calendar, day)
        alerts = self.store.episodes_since(min(each.start for each in periods))
        payload = _payload(*await self.reports.of(periods, alerts))
        with self.store as transaction:
            for contact in self.contacts.report:
                addressed = [
                    (address_of(number, each), Channel(each.type), payload)
                    for number, each in enumerate(self.contacts.contacts[contact].channels)
                    if each.type in REPORTED_BY
                ]
                transaction.message(REPORT, contact, [], addressed, now)
            transaction.set_mark(REPORT_MARK, now)
        return True


def _payload(letter: Letter, files: Sequence[ReportFile]) -> Payload:
    attachments = [
        {"name": file.name, "type": file.content_type, "base64": b64encode(file.octets).decode()} for file in files
    ]
    return {"subject": letter.subject, "text": letter.text, "attachments": attachments}
