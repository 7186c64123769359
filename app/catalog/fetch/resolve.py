"""Asks the Hub where the bytes of a file are, and what they must be. Runs in a download child."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from urllib.parse import quote

from app.catalog.fetch.network import Network, Origin
from app.catalog.fetch.transport import Interrupted, Link, Reply, redirect
from app.core.catalog.download_errors import NotOnHub
from app.core.catalog.hub_errors import AccessPending, RepoGated, RepoNotFound, TokenRejected
from app.core.errors import ParleyError

_MOST_HOPS = 5
_BUSY = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Location:
    """Where the bytes are now; `etag` is the sha256 of a large file and a git blob's id of a small one."""

    url: str
    etag: str
    host: str


def is_other(wanted: str, etag: str) -> bool:
    """Whether a Hub's ETag says that a file is not the one that is wanted; one that is no such hash says nothing."""
    return len(etag) == len(wanted) and etag != wanted


class Resolver:
    """The address of one file at one commit: asked for once, and again when it no longer serves.

    For any thread.
    """

    def __init__(self, network: Network, repo: str, commit: str, path: str) -> None:
        self._network = network
        self._repo = repo
        self._path = path
        self._url = f"{network.endpoint}/{quote(repo)}/resolve/{quote(commit, safe='')}/{quote(path)}"
        self._lock = threading.Lock()
        self._location: Location | None = None

    def locate(self, link: Link, stale: Location | None = None) -> Location:
        """The address; a new one if the last is `stale`.

        Raises:
            Interrupted: the Hub did not answer, or not now.
            ParleyError: it refuses for good.
        """
        with self._lock:
            if self._location is None or self._location == stale:
                self._location = None
                self._location = self._ask(link)
            return self._location

    def refusal(self, reply: Reply) -> ParleyError | Interrupted | None:
        """What an answer of the Hub itself says, if it is not what was asked for."""
        host, address = Origin.of(reply.url).host, f"{self._network.endpoint}/{self._repo}"
        code, status = reply.header("X-Error-Code"), reply.status
        if status < 400:
            return None
        if status in _BUSY or status >= 500:
            return Interrupted(f"status {status}", host=host, status=status, retry_after=reply.retry_after)
        if code == "RepoNotFound":
            return RepoNotFound(repo=self._repo)
        if status == 401:
            if "Authorization" in self._network.headers(reply.url) and code != "GatedRepo":
                return TokenRejected(host=host)
            return RepoGated(repo=self._repo, address=address)
        if status == 403:
            return AccessPending(repo=self._repo, address=address)
        if status in (404, 410):
            return NotOnHub(reply.header("X-Error-Message"), file=self._path, repo=self._repo)
        return Interrupted(f"status {status}", host=host, status=status)

    def _ask(self, link: Link) -> Location:
        url, etag = self._url, ""
        for _ in range(_MOST_HOPS):
            reply = link.request("HEAD", url)
            reply.read_all(1)
            refusal = self.refusal(reply)
            if refusal is not None:
                raise refusal
            etag = (reply.header("X-Linked-ETag") or etag or reply.etag).removeprefix("W/").strip('"')
            target = redirect(reply)
            if not target or not self._network.is_hub(target):
                return Location(target or url, etag, Origin.of(target or url).host)
            url = target
        raise Interrupted("it redirects in a circle", host=Origin.of(url).host)
