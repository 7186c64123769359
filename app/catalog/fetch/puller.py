"""Pulls ranges of one file over one connection, again and again until they are there.

Each puller runs on a thread of its own in a download child.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from app.catalog.fetch.hasher import hash_for
from app.catalog.fetch.network import Network
from app.catalog.fetch.resolve import Location, Resolver, is_other
from app.catalog.fetch.transport import Interrupted, Link, Reply
from app.core.catalog.download_errors import FileChanged, HubBusy, HubUnreachable, WrongSize
from app.core.catalog.downloads import Patience
from app.core.sizes import format_bytes

BLOCK = 128 * 1024
_GATHER_SECONDS = 0.2
_LOOK_SECONDS = 0.1
_BELIEVED = 3
"""One odd answer may come from a confused server on the way; so many of one connection in a row are believed."""
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_T = TypeVar("_T")


class Stopped(Exception):
    """The download is to pause, or another thread of it has failed."""


class RangesIgnored(Exception):
    """The server sends whole files only."""


class Limiter:
    """A limit on bytes per second that all connections share, 0 for none; for any thread."""

    def __init__(self, rate: int) -> None:
        self._lock = threading.Lock()
        self._rate = rate
        self._free_at = 0.0

    @property
    def rate(self) -> int:
        """It may change at any moment, also for those who wait now."""
        return self._rate

    @rate.setter
    def rate(self, rate: int) -> None:
        with self._lock:
            now = time.monotonic()
            owed = max(self._free_at - now, 0.0) * self._rate
            self._free_at = now + owed / rate if rate > 0 else now
            self._rate = rate

    def take(self, size: int) -> None:
        """Account for bytes that came; the next ones have to wait for `pause`."""
        with self._lock:
            if self._rate > 0:
                self._free_at = max(self._free_at, time.monotonic()) + size / self._rate

    @property
    def pause(self) -> float:
        """How many seconds that is, as the limit is now."""
        with self._lock:
            return max(self._free_at - time.monotonic(), 0.0)

    @property
    def block(self) -> int:
        """How much to read at once, so that a low limit still flows evenly."""
        rate = self._rate
        return max(1024, min(BLOCK, rate // 8)) if rate > 0 else BLOCK


@dataclass
class Control:
    """What the threads of one download share with whoever started it."""

    limiter: Limiter
    patience: Patience
    stop: threading.Event = field(default_factory=threading.Event)

    def rest(self, seconds: float) -> None:
        """Wait, unless it is to stop.

        Raises:
            Stopped: it is.
        """
        if self.stop.wait(seconds) if seconds > 0 else self.stop.is_set():
            raise Stopped

    def pace(self, size: int) -> None:
        """Wait as the limit asks after so many bytes; raises as `rest`."""
        self.limiter.take(size)
        self.rest(0)
        while (pause := self.limiter.pause) > 0:
            self.rest(min(pause, _LOOK_SECONDS))


@dataclass(frozen=True)
class Remote:
    """A file as it must be: `etag` is the Hub's; `cdn_etag` tells that of whoever sends the bytes, `pin` changes it."""

    path: str
    bytes: int
    etag: str
    cdn_etag: Callable[[], str]
    pin: Callable[[str], None]

    @property
    def has_hash(self) -> bool:
        """Whether its bytes can be told from others, whoever sends them."""
        return hash_for(self.etag, self.bytes) is not None


def watched(link: Link, stop: threading.Event, work: Callable[[], _T]) -> _T:
    """What `work` does over one connection, on a thread of its own: it is broken off as soon as it is to stop.

    Raises what `work` does.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="puller") as pool:
        future = pool.submit(work)
        while wait([future], _LOOK_SECONDS).not_done:
            if stop.is_set():
                link.abort()
        return future.result()


class Puller:
    """One connection and its patience."""

    def __init__(self, network: Network, resolver: Resolver, remote: Remote, control: Control) -> None:
        self.link = Link(network)
        self._network = network
        self._resolver = resolver
        self._remote = remote
        self._control = control
        self._odd = 0
        self.waiting = False

    def locate(self) -> Location:
        """Where the file is, and what it must be; raises as `pull`."""
        failures = 0
        while True:
            try:
                return self._resolver.locate(self.link)
            except Interrupted as error:
                failures += 1
                self.link.close()
                self._wait(error, failures)

    def pull(self, start: int, stop: int, take: Callable[[bytes], None]) -> None:
        """Hand the bytes from `start` to before `stop` to `take`, in order and each once.

        Raises:
            Stopped: the download is to stop.
            RangesIgnored: only the whole file can be had, and `start` is not 0.
            ParleyError: it is hopeless.
        """
        failures = 0
        stale: Location | None = None
        while start < stop:
            self._control.rest(0)
            begun, location = start, None
            try:
                location = self._resolver.locate(self.link, stale)
                reply = self._open(location, start, stop)
                for block in self._blocks(reply, stop - start):
                    take(block)
                    start += len(block)
                    self._control.pace(len(block))
                if start < stop:
                    raise Interrupted("the connection broke off", host=location.host)
                if not reply.finished:
                    self.link.close()
            except Interrupted as error:
                self.link.close()
                stale, failures = location, 0 if start > begun else failures + 1
                self._wait(error, failures)
            except Stopped:
                self.link.close()
                raise

    def _wait(self, error: Interrupted, failures: int) -> None:
        patience = self._control.patience
        self._control.rest(0)
        if failures >= patience.attempts:
            if error.status:
                raise HubBusy(error.reason, host=error.host, status=error.status)
            raise HubUnreachable(host=error.host, reason=error.reason)
        pause = min(patience.first * 2 ** max(0, failures - 1), patience.longest) if failures else 0.0
        self.waiting = failures > 1 or error.retry_after > 0
        try:
            self._control.rest(max(pause, error.retry_after))
        finally:
            self.waiting = False

    def _open(self, location: Location, start: int, stop: int) -> Reply:
        """Ask for a range, and check that the answer is of the file as it was pinned."""
        remote = self._remote
        if is_other(remote.etag, location.etag):
            raise FileChanged(f"{remote.etag} became {location.etag}", file=remote.path)
        pinned, headers = remote.cdn_etag(), {}
        if start or stop < remote.bytes:
            headers["Range"] = f"bytes={start}-{stop - 1}"
            if pinned and not pinned.startswith("W/"):
                headers["If-Range"] = pinned
        reply = self.link.get(location.url, headers)
        if reply.status not in (200, 206):
            self._refused(reply)
        if pinned and reply.etag != pinned:
            self._unpin(reply, pinned)
            return self._open(location, start, stop)
        found = _CONTENT_RANGE.fullmatch(reply.header("Content-Range"))
        if reply.status == 206 and (found is None or found[1] is None or int(found[1]) != start):
            raise Interrupted("it sends another part of the file", host=location.host)
        if found is not None:
            self._check_size(found[3])
        if reply.status == 200:
            self._check_whole(reply, start)
        if reply.etag != pinned:
            remote.pin(reply.etag)
        self._odd = 0
        return reply

    def _blocks(self, reply: Reply, size: int) -> Iterator[bytes]:
        """The body in blocks that are worth a write, none of them held back for long."""
        while size > 0:
            wanted = min(size, self._control.limiter.block)
            block = reply.read(wanted)
            if block and len(block) < wanted:
                block = self._gathered(reply, block, wanted)
            if not block:
                return
            size -= len(block)
            yield block

    def _gathered(self, reply: Reply, block: bytes, wanted: int) -> bytes:
        pieces, gathered, until = [block], len(block), time.monotonic() + _GATHER_SECONDS
        try:
            while gathered < wanted and time.monotonic() < until and (block := reply.read(wanted - gathered)):
                pieces.append(block)
                gathered += len(block)
        except Interrupted:
            self.link.close()  # what came before is good; the next read fails the same way
        return b"".join(pieces)

    def _refused(self, reply: Reply) -> NoReturn:
        found = _CONTENT_RANGE.fullmatch(reply.header("Content-Range"))
        if reply.status == 416 and found is not None:
            self._check_size(found[3])
        if self._network.is_hub(reply.url) and (refusal := self._resolver.refusal(reply)) is not None:
            raise refusal
        status = reply.status
        raise Interrupted(f"status {status}", host=reply.host, status=status, retry_after=reply.retry_after)

    def _check_size(self, real: str) -> None:
        if real not in ("*", str(self._remote.bytes)):
            raise WrongSize(
                f"{self._remote.bytes} announced, {real} found",
                file=self._remote.path,
                announced=format_bytes(self._remote.bytes),
                real=format_bytes(int(real)),
            )

    def _unpin(self, reply: Reply, pinned: str) -> None:
        """Where the Hub tells a hash, another ETag is but another server's: the bytes are judged by their hash."""
        self._doubt("it sends another file", reply)
        if not self._remote.has_hash:
            raise FileChanged(f"{pinned} became {reply.etag}", file=self._remote.path)
        self._remote.pin("")
        self._odd = 0
        self.link.close()

    def _check_whole(self, reply: Reply, start: int) -> None:
        """What has another length may be a page that a proxy shows; only for a whole file all may begin anew."""
        if reply.length is not None and reply.length != self._remote.bytes:
            self._doubt("it sends another file", reply)
            self._check_size(str(reply.length))
        if start:
            self._doubt("it sends the whole file instead of a part", reply)
            if reply.length is not None:
                raise RangesIgnored
            raise Interrupted("it sends the whole file instead of a part", host=reply.host)

    def _doubt(self, reason: str, reply: Reply) -> None:
        """Not believe an odd answer, unless it comes again and again."""
        self._odd += 1
        if self._odd < _BELIEVED:
            raise Interrupted(reason, host=reply.host)
