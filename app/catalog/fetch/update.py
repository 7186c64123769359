"""A newer version of Parley: the signed feed, and the package that it names. Runs in the update child.

Nothing of a feed is used before its signature is verified; a package has no name before its bytes are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import minisign
import msgspec

from app.catalog.fetch.network import Network, Origin
from app.catalog.fetch.transport import Astray, Interrupted, Link, Reply
from app.core.catalog.hub_errors import HubFailed, HubSilent
from app.core.errors import Cancelled
from app.core.program.update_errors import (
    UpdateOlder,
    UpdatePackageDamaged,
    UpdateUnreadable,
    UpdateUnsaved,
    UpdateUnsigned,
)
from app.core.program.updates import SIGNATURE_ENDING, Package, Release, UpdateSource, version_numbers

MOST_FEED_BYTES = 1_000_000
_MOST_SIGNATURE_BYTES = 4096
_PIECE = 256 * 1024
_OK = 200
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_STARTED_DIRECTLY = (".run", ".AppImage")


def newer_release(source: UpdateSource, current: str, network: Network) -> Release | None:
    """The version that the feed offers, None if it is the one that runs.

    Raises:
        HubSilent, HubFailed: the feed cannot be had.
        UpdateUnsigned, UpdateUnreadable, UpdateOlder: it may not be used.
    """
    link, host = Link(network), Origin.of(source.address).host
    try:
        content = _small(link, source.address, MOST_FEED_BYTES)
        signature = _small(link, source.address + SIGNATURE_ENDING, _MOST_SIGNATURE_BYTES)
    finally:
        link.close()
    _verify(source, content, signature, host)
    release = _read(content, host)
    offered, running = version_numbers(release.version), version_numbers(current)
    if offered < running:
        raise UpdateOlder(host=host, version=release.version, current=current)
    return release if offered > running else None


def fetch_package(
    package: Package, folder: Path, network: Network, stopped: Callable[[], bool], tell: Callable[[int], None]
) -> Path:
    """Put a package into a folder of packages, in the place of all that were there; `tell` gets the bytes so far.

    Raises:
        HubSilent, HubFailed: it cannot be had.
        UpdatePackageDamaged: it is not what the feed says.
        UpdateUnsaved: it cannot be written.
        Cancelled: it was stopped.
    """
    link, partial = Link(network), folder / f"{package.name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        _receive(_asked(link, package.url), package, partial, stopped, tell)
        if package.name.endswith(_STARTED_DIRECTLY):
            partial.chmod(0o755)
        return partial.replace(folder / package.name)
    except OSError as error:
        raise UpdateUnsaved(str(error), folder=str(folder), reason=error.strerror or str(error)) from error
    finally:
        link.close()
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _receive(
    reply: Reply, package: Package, partial: Path, stopped: Callable[[], bool], tell: Callable[[int], None]
) -> None:
    digest, done = hashlib.sha256(), 0
    with partial.open("wb") as file:
        while piece := _piece(reply, _PIECE):
            done += len(piece)
            if done > package.bytes:
                break
            if stopped():
                raise Cancelled
            digest.update(piece)
            file.write(piece)
            tell(done)
    if done < package.bytes and reply.header("Content-Length") == str(package.bytes):
        raise HubSilent(host=Origin.of(reply.url).host, reason="the connection broke off")
    if done != package.bytes or digest.hexdigest() != package.sha256:
        raise UpdatePackageDamaged(file=package.name)


def _verify(source: UpdateSource, content: bytes, signature: bytes, host: str) -> None:
    try:
        minisign.PublicKey.from_base64(source.key).verify(content, minisign.Signature.from_bytes(signature))
    except (minisign.Error, ValueError) as error:
        raise UpdateUnsigned(str(error), host=host) from None


def _read(content: bytes, host: str) -> Release:
    try:
        release = msgspec.json.decode(content, type=Release)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpdateUnreadable(str(error), host=host, reason="it does not have the form it should have") from None
    if not version_numbers(release.version):
        raise UpdateUnreadable(release.version[:200], host=host, reason="its version is no version")
    if not all(map(_is_sound, release.packages)):
        raise UpdateUnreadable(host=host, reason="it names a package in a way that is not safe")
    return release


def _is_sound(package: Package) -> bool:
    try:
        address = urlsplit(package.url)
        leads_somewhere = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False
    named = _SAFE_NAME.fullmatch(package.name) and _SHA256.fullmatch(package.sha256)
    return bool(named) and leads_somewhere and package.bytes > 0


def _small(link: Link, url: str, limit: int) -> bytes:
    reply, body = _asked(link, url), b""
    while len(body) <= limit:
        piece = _piece(reply, limit + 1 - len(body))
        if not piece:
            return body
        body += piece
    raise UpdateUnreadable(host=Origin.of(url).host, reason="it is too large")


def _asked(link: Link, url: str) -> Reply:
    """The answer of an address, where it leads in the end."""
    try:
        reply = link.get(url)
    except Astray as error:
        raise HubFailed(host=error.host, reason=error.reason) from error
    except Interrupted as error:
        raise HubSilent(host=error.host or Origin.of(url).host, reason=error.reason) from error
    if reply.status != _OK:
        raise HubFailed(host=Origin.of(reply.url).host, reason=f"status {reply.status}")
    return reply


def _piece(reply: Reply, size: int) -> bytes:
    try:
        return reply.read(size)
    except Interrupted as error:
        raise HubSilent(host=error.host, reason=error.reason) from error
