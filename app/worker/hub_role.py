"""The hub child: searches the Hub, reads repos and headers, and keeps the token."""

from __future__ import annotations

import os

from app.catalog.find.hub import Hub
from app.catalog.find.hub_client import Connection, HubClient
from app.catalog.find.repo_ref import parse_repo_ref
from app.catalog.find.token import TokenStore
from app.catalog.ledger import Ledger
from app.catalog.secret import has_keyring
from app.core.catalog.hub_frames import (
    AskToken,
    HubFound,
    KeepToken,
    OpenRepo,
    OpenVariant,
    RepoOpened,
    SearchHub,
    TokenState,
    VariantOpened,
)
from app.core.paths import Folders
from app.core.program.ledger import Purpose
from app.core.protocol_errors import ProtocolBroken
from app.engines.base import Emit
from app.worker.base import Worker
from app.worker.wire import Job


class HubWorker(Worker):
    """Runs the commands of `app.core.catalog.hub_frames`."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._folders = Folders.of(os.environ)
        self._tokens = TokenStore(self._folders.config, os.environ)
        self._hub: Hub | None = None

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case SearchHub(id=number, query=query, cursor=cursor):
                self._send(HubFound(id=number, page=self._connected().search(query, cursor)))
            case OpenRepo(id=number, text=text):
                ref = parse_repo_ref(text, Connection.of(os.environ).endpoint)
                self._send(RepoOpened(id=number, page=self._connected().open_repo(ref, lambda: job.stop.is_set)))
            case OpenVariant(id=number, variant=variant):
                opened, headers = self._connected().open_variant(variant)
                self._send(VariantOpened(id=number, variant=opened, headers=headers))
            case KeepToken(id=number, token=token):
                self._hub = None
                place = self._tokens.keep(token) if token else self._tokens.clear().place
                self._send(TokenState(id=number, place=place, has_keyring=has_keyring()))
            case AskToken(id=number):
                place = self._tokens.find().place
                self._send(TokenState(id=number, place=place, has_keyring=has_keyring()))
            case other:
                raise ProtocolBroken(f"not a command for the hub's child: {other!r}")

    def _connected(self) -> Hub:
        if self._hub is None:
            connection = Connection.of(os.environ, self._tokens.find().token)
            self._hub = Hub(HubClient(connection, Ledger(os.environ, Purpose.SEARCH).note), self._folders.cache / "hub")
        return self._hub


WORKER: type[Worker] = HubWorker
