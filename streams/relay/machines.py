"""The relay's web server for machines: Alertmanager's webhook and dead-man switch, and Prometheus' scrape.

It has an address and a token of its own: no session of a person opens it, and the reverse proxy does not lead here.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from ioc.notices.alert import Webhook, WebhookError, webhook_of
from streams.relay.alertmanager import Alertmanager
from streams.relay.desk import Desk
from streams.relay.metrics import RelayMetrics
from streams.relay.watchdog import Watchdog
from streams.web.checks import HEALTH, READINESS, checks
from streams.web.database import StoreError
from streams.web.metrics import MetricsPage
from streams.web.problems import not_now, problem
from streams.web.server import Handler, shows, token_needed

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MachineServer:
    """The handlers and what they need."""

    desk: Desk
    alertmanager: Alertmanager
    outside: Watchdog
    token: SecretStr
    certificates: Sequence[Path]
    """Files whose ends are told."""
    changed: Callable[[], None]
    """Told when there may be something to deliver."""

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded], client_max_size=8 * 2**20)
        application.add_routes(
            [
                web.post("/alerts", self.receive),
                web.post("/heartbeat", self.beat),
                web.get("/metrics", self.metrics),
                *checks(lambda: self.desk.steps.stuck),
            ]
        )
        return application

    async def receive(self, request: web.Request) -> web.Response:
        """Alertmanager's webhook; 200 means: kept on disk. What cannot be read keeps no other alert from being kept."""
        told = webhook_of(await request.read())
        self.desk.keep(told.alerts)
        self.changed()
        return _kept(told)

    async def beat(self, request: web.Request) -> web.Response:
        """Alertmanager's webhook of the dead-man switch; once it resolves, Prometheus tells Alertmanager nothing."""
        told = webhook_of(await request.read())
        if any(alert.ends_at is None for alert in told.alerts):
            self.desk.beat()
            self.changed()
            await self.outside.beat()
        return _kept(told)

    async def metrics(self, request: web.Request) -> web.Response:
        desk, opened = self.desk, self.desk.store.open_episodes()
        counted, silences = await asyncio.gather(self.alertmanager.counted(opened), self.alertmanager.silences_if_any())
        made = RelayMetrics(desk.store, desk.now(), opened, counted.all, silences, desk.steps, self.certificates)
        return MetricsPage.of(made.registry).answer(request)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in {HEALTH, READINESS} and not shows(request, self.token):
            return token_needed()
        try:
            return await handler(request)
        except WebhookError as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        except StoreError as error:
            # Alertmanager tells it again after a 5xx.
            return not_now(request, error)


def _kept(told: Webhook) -> web.Response:
    if told.faults:
        _log.error("%d alerts cannot be read: %s", len(told.faults), "; ".join(told.faults))
        return problem(HTTPStatus.BAD_REQUEST, "; ".join(["the others are kept", *told.faults]))
    return web.Response(text="kept\n")
