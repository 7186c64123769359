"""How a child reaches the user's servers: with their keys, by its own environment; engine and servers' children."""

from __future__ import annotations

import os

from app.catalog.ledger import Ledger
from app.catalog.server_keys import ServerKeys
from app.core.paths import Folders
from app.core.program.ledger import Purpose
from app.core.remote.servers import Server
from app.engines.remote.client import Access


def access_to(server: Server) -> Access:
    """A server with the user's key; what is asked of it is noted."""
    key, _ = ServerKeys(Folders.of(os.environ).config).find(server)
    return Access(server, key, os.environ, Ledger(os.environ, Purpose.CHAT).note)
