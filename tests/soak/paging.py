"""From alerts to people: a real Alertmanager and relay, whom they tell, and what became of every alert raised."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dashboards.alertmanager_config import alertmanager_config
from ioc.catalogue.model import Catalogue
from streams.stack.monitoring import start_alertmanager
from streams.stack.service import Service
from streams.stack.stack import Stack
from streams.web.people.accounts import write_accounts
from tests.soak.alarms import Alarms, Raised
from tests.soak.installation import RELAY, Installation
from tests.soak.people import People, reachable_people
from tests.streams.relay.receivers import PEOPLE, TOKEN

_NO_ONE = "http://127.0.0.1:9"
_SETTLES = 180.0
"""Seconds: messages are tried again every minute."""
_WAITING = "SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending')"
_EPISODES = "SELECT key, alert, starts_at, resolved_at, told_at FROM episodes"
_DELIVERIES = (
    "SELECT t.key, d.id, d.state, m.kind FROM deliveries d JOIN messages m ON m.id = d.message "
    "JOIN told t ON t.message = m.id"
)
_REPORTS = "SELECT r.delivery, d.id FROM reports r JOIN deliveries d ON d.message = r.message"


@dataclass
class Paging:
    """What tells people, and the people."""

    installation: Installation
    people: People
    alarms: Alarms
    database: Path
    _stack: Stack
    _config: Path
    _alertmanager: Service

    def kill_alertmanager(self) -> None:
        """End it at once (kill -9)."""
        self._alertmanager.child.kill()

    def start_alertmanager(self) -> None:
        """Start it again where it was."""
        self._alertmanager = _start(self._stack, self._config, int(self._alertmanager.url.rpartition(":")[2]))

    @contextmanager
    def locked_database(self) -> Iterator[None]:
        """Within the context nobody else can write the relay's database."""
        with closing(sqlite3.connect(self.database, timeout=30, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            yield
            database.execute("ROLLBACK")

    def settle(self) -> None:
        """Let every alert end, and the relay tell what it still has to tell."""
        self.alarms.stop()
        while not self.alarms.over:
            self.installation.wait(1.0)
        self.installation.wait(_SETTLES, until=lambda: self._all_over() and not self._rows(_WAITING)[0][0])

    def _all_over(self) -> bool:
        rows = self._rows("SELECT count(*) FROM episodes WHERE resolved_at IS NULL OR end_told = 0")
        return not rows[0][0]

    def judge(self) -> "Told":
        """What became of every alert that was raised."""
        return Told(
            self.people, self.alarms.raised, self._rows(_EPISODES), self._rows(_DELIVERIES), self._rows(_REPORTS)
        )

    def _rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", timeout=30, uri=True)) as database:
            return database.execute(query).fetchall()


class Told:
    """Every alert raised, held against what reached people; the relay is asked which delivery is about which alert."""

    def __init__(
        self, people: People, raised: list[Raised], episodes: list[tuple], deliveries: list[tuple], reports: list[tuple]
    ) -> None:
        self._taken = people.taken
        self._episodes = [(key, json.loads(alert)["labels"], *times) for key, alert, *times in episodes]
        self._deliveries = deliveries
        self._reported = {delivery for delivery, report in reports if report in people.taken}
        self._about: defaultdict[int, set[int]] = defaultdict(set)
        """Of each delivery that is a report, which ones it tells of."""
        for delivery, report in reports:
            self._about[report].add(delivery)
        self.numbers: Counter[str] = Counter({"alerts raised": len(raised), "messages taken": len(people.taken)})
        self.differences = [*self._alerts(raised), *self._claims()]

    def _alerts(self, raised: list[Raised]) -> Iterator[str]:
        for each in raised:
            name = f"{each.labels['alertname']} of {each.began:%H:%M:%S}"
            keys = self._keys_of(each)
            began = [
                (number, state) for key, number, state, kind in self._deliveries if key in keys and kind != "resolved"
            ]
            if any(number in self._taken for number, _ in began):
                self.numbers["alerts told"] += 1
            elif began and all(number in self._reported for number, _ in began):
                self.numbers["alerts reported as undelivered"] += 1
            else:
                yield f"nobody was told of {name}: its deliveries are {began}"
            ended = [number for key, number, _, kind in self._deliveries if key in keys and kind == "resolved"]
            if began and not any(number in self._taken or number in self._reported for number in ended):
                yield f"nobody was told that {name} is over: its deliveries are {ended}"

    def _keys_of(self, each: Raised) -> list[str]:
        """What the relay calls it; one that began again before its end was known goes on."""
        began, over = each.began.timestamp(), each.over.timestamp() if each.over else float("inf")
        return [
            key
            for key, labels, starts_at, resolved_at, _ in self._episodes
            if labels == each.labels and starts_at <= over and (resolved_at is None or resolved_at >= began)
        ]

    def _claims(self) -> Iterator[str]:
        """What the relay says of its deliveries, where people know otherwise."""
        states = {number: state for _, number, state, _ in self._deliveries}
        for number, state in sorted(states.items()):
            self.numbers[f"deliveries {state}"] += 1
            if state == "delivered" and number not in self._taken:
                yield f"delivery {number} counts as delivered, and nobody took it"
            if state == "refused" and not self._is_told(number):
                yield f"delivery {number} was refused, and nobody was told of that"
            if state in ("pending", "sending"):
                yield f"delivery {number} has no end"

    def _is_told(self, number: int) -> bool:
        """Whether somebody knows of what did not arrive: of a report, of all that it was about."""
        about = self._about.get(number)
        return number in self._reported or (about is not None and about <= self._reported)


@contextmanager
def paging(stack: Stack, installation: Installation, catalogue: Catalogue, random: Random) -> Iterator[Paging]:
    """Alertmanager and relay of an installation, running."""
    with reachable_people() as people:
        folder = stack.logs.parent / "paging"
        folder.mkdir()
        contacts, token, config = folder / "contacts.yaml", folder / "token", folder / "alertmanager.yml"
        contacts.write_text(people.contacts)
        token.write_text(TOKEN)
        write_accounts(folder / "accounts.yaml", PEOPLE)
        machines = installation.port("machines")
        relay = f"http://127.0.0.1:{machines}"
        config.write_text(alertmanager_config(catalogue, relay, token_file=str(token)))
        alertmanager = _start(stack, config)
        database = folder / "relay.sqlite"
        installation.environment |= {
            "IOC_RELAY_CONTACTS": str(contacts),
            "IOC_RELAY_DATABASE": str(database),
            "IOC_RELAY_MACHINES_PORT": str(machines),
            "IOC_RELAY_MACHINES_TOKEN_FILE": str(token),
            "IOC_PEOPLE_ACCOUNTS": str(folder / "accounts.yaml"),
            "IOC_RELAY_REPEAT_AFTER": "30",
            "IOC_ALERTMANAGER_URL": alertmanager.url,
            "IOC_PROMETHEUS_URL": _NO_ONE,
        }
        installation.start(RELAY)
        yield Paging(
            installation, people, Alarms(catalogue, alertmanager.url, random), database, stack, config, alertmanager
        )


def _start(stack: Stack, config: Path, port: int | None = None) -> Service:
    return start_alertmanager(stack.children, stack.folder / "alertmanager", config, port=port)
