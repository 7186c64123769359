"""Who may ask: programs with the key, and no web page unless the user names it. Pure.

A page that the user's browser shows can send requests to this machine. Its browser says where it comes from, and the
name by which it asks, which an attacker can have lead here (DNS rebinding), is not one of this machine's.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.program.network import is_loopback
from app.serving.connection import Head
from app.serving.errors import ApiError, Headers

_FOREIGN = frozenset({"cross-site", "same-site"})
_ANY = "*"
_FROM_CONTAINERS = ("host.docker.internal", "host.containers.internal")
"""Under these names programs in containers know this machine; nobody else can have them lead anywhere."""


@dataclass(frozen=True)
class Guard:
    """`host` is where the user had Parley listen, `origins` are the web pages that may ask; an empty `key` is none."""

    host: str
    on_loopback: bool
    key: str = ""
    origins: frozenset[str] = frozenset()

    def admit(self, head: Head, *, open_to_all: bool) -> None:
        """See whether a request may be made; `open_to_all` needs no key.

        Raises:
            ApiError: it may not.
        """
        host = _hostname(head.headers.get("host", ""))
        if self.on_loopback and not (is_loopback(host) or host in (self.host.casefold(), *_FROM_CONTAINERS)):
            message = f"“{host}” is not a name of this machine here: ask at 127.0.0.1 or localhost."
            raise ApiError(403, message, code="host_refused")
        if self._is_foreign(head):
            raise _origin_refused(head.headers.get("origin", ""))
        if self.key and not open_to_all and not self._has_key(head.headers.get("authorization", "")):
            challenge = (("WWW-Authenticate", "Bearer"),)
            raise ApiError(401, "The key is missing or wrong.", code="invalid_api_key", headers=challenge)

    def headers(self, head: Head) -> Headers:
        """What lets a web page that may ask see the answer."""
        origin = head.headers.get("origin")
        if not self.origins:
            return ()
        if origin is None or not self._is_allowed(origin):
            return (("Vary", "Origin"),)
        return (("Vary", "Origin"), ("Access-Control-Allow-Origin", origin))

    def _is_foreign(self, head: Head) -> bool:
        origin = head.headers.get("origin")
        if origin is None:
            return head.headers.get("sec-fetch-site") in _FOREIGN
        return not self._is_allowed(origin) and origin != f"http://{head.headers.get('host', '')}"

    def _is_allowed(self, origin: str) -> bool:
        return origin in self.origins or _ANY in self.origins

    def _has_key(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        right = hmac.compare_digest(given.strip().encode("latin-1"), self.key.encode())
        return right and scheme.casefold() == "bearer"


def _origin_refused(origin: str) -> ApiError:
    """What the page is not shown by its browser is told to who started Parley."""
    detail = f"A web page asked: --allow-origin {origin[:200]} would let it." if origin else ""
    message = "Web pages may not ask: start Parley with --allow-origin."
    return ApiError(403, message, code="origin_refused", detail=detail)


def _hostname(host: str) -> str:
    """The name in a Host header, without its port; empty where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""
