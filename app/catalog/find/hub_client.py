"""The Hub's client as Parley uses it: silent calls end, and the token goes to the Hub alone.

Runs in a child process or on the command line, never in the window's process. `huggingface_hub`
keeps one HTTP client for a process; this module sets it and translates its failures.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote, urlsplit

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import httpx2
from huggingface_hub import HfApi, errors, get_session, set_client_factory
from huggingface_hub.utils._headers import build_hf_headers

from app import __version__
from app.catalog.fetch.network import Network, Origin
from app.catalog.find.endpoint import endpoint_of, is_hub_offline
from app.catalog.tls import tls_context
from app.core.catalog.download_errors import ProxyRefused
from app.core.catalog.hub_errors import (
    AccessPending,
    BranchNotFound,
    HubFailed,
    HubOverloaded,
    HubSilent,
    HubUntrusted,
    Offline,
    RepoGated,
    RepoNotFound,
    TokenRejected,
)
from app.core.errors import ParleyError

MAX_BODY_BYTES = 64 * 1024 * 1024
_MAX_REDIRECTS = 5
_WAIT_SECONDS = 60
_WHO_ASKS_PROXY = httpx2.codes.PROXY_AUTHENTICATION_REQUIRED
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")

Query = str | Mapping[str, str | int | list[str]]
"""What an address asks for: as it stands there, or by name."""


@dataclass(frozen=True)
class Connection:
    """Where the Hub is and who asks. Its text never shows the token.

    A read that brings nothing for `read_seconds` is given up, and one that takes `total_seconds` too.
    """

    endpoint: str
    token: str = ""
    offline: bool = False
    connect_seconds: float = 10.0
    read_seconds: float = 20.0
    total_seconds: float = 120.0

    @staticmethod
    def of(environment: Mapping[str, str], token: str = "") -> Connection:
        """As `HF_ENDPOINT` and `HF_HUB_OFFLINE` say."""
        return Connection(endpoint_of(environment), token, is_hub_offline(environment))

    @property
    def host(self) -> str:
        """The Hub's host, for messages."""
        return urlsplit(self.endpoint).hostname or self.endpoint

    def page(self, repo: str) -> str:
        """The address of a repo's page."""
        return f"{self.endpoint}/{repo}"

    def __repr__(self) -> str:
        return f"Connection({self.endpoint!r}, token={'set' if self.token else 'none'})"


class HubClient:
    """One connection to the Hub; for any thread. Making one replaces the process's last one."""

    def __init__(self, connection: Connection, note: Callable[[str], None] = lambda _: None) -> None:
        """`note` is told the host of every request."""
        self.connection = connection
        self._note = note
        self._origin = _origin(httpx2.URL(connection.endpoint))
        set_client_factory(self._new_client)
        self.api = HfApi(
            endpoint=connection.endpoint,
            token=connection.token or False,
            library_name="parley",
            library_version=__version__,
        )

    def json(self, path: str, query: Query) -> tuple[bytes, str]:
        """A page of a listing, and the query of the address of the next one, if there is one.

        Raises:
            ParleyError: it cannot be read.
        """
        with self.translated():
            url = f"{self.connection.endpoint}{path}"
            if isinstance(query, str):
                body, response = self._get(f"{url}?{query}", {}, MAX_BODY_BYTES)
            else:
                body, response = self._get(url, {}, MAX_BODY_BYTES, query)
        following = response.links.get("next", {}).get("url", "")
        return body, urlsplit(following).query

    def file(self, repo: str, commit: str, path: str, *, start: int = 0, stop: int = MAX_BODY_BYTES) -> bytes:
        """The bytes [start, stop) of a file, fewer where it ends before.

        Raises:
            ParleyError: it cannot be read.
        """
        url = f"{self.connection.endpoint}/{repo}/resolve/{quote(commit, safe='')}/{quote(path)}"
        headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        with self.translated(repo, commit):
            body, response = self._get(url, headers, stop)
        if response.status_code == httpx2.codes.PARTIAL_CONTENT:
            return body[: stop - start]
        return body[start:stop]

    @contextmanager
    def translated(self, repo: str = "", branch: str = "") -> Iterator[None]:
        """Turns the client's failures into ours.

        Raises:
            ParleyError: what went wrong.
        """
        host = self.connection.host
        if self.connection.offline:
            raise Offline
        try:
            yield
        except errors.OfflineModeIsEnabled:
            raise Offline from None
        except errors.RevisionNotFoundError:
            raise BranchNotFound(repo=repo, branch=branch) from None
        except errors.HfHubHTTPError as error:
            raise self._refusal(error, repo) from None
        except httpx2.ProxyError as error:
            if str(error).startswith(str(_WHO_ASKS_PROXY.value)) and (refused := self._refused_by_proxy()):
                raise refused from None
            raise HubSilent(str(error), host=host, reason="the proxy refuses") from None
        except httpx2.TransportError as error:
            if untrusted := _untrusted(error):
                raise HubUntrusted(str(error), host=host, reason=untrusted) from None
            raise HubSilent(str(error), host=host, reason=_reason(error)) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise HubFailed(str(error), host=host, reason="it leads nowhere") from None
        except ParleyError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise HubFailed(f"{type(error).__name__}: {error}", host=host, reason="it makes no sense") from None

    def _refusal(self, error: errors.HfHubHTTPError, repo: str) -> ParleyError:
        response, host = error.response, self.connection.host
        status = response.status_code
        if status == _WHO_ASKS_PROXY and (refused := self._refused_by_proxy()):
            return refused
        if response.headers.get("X-Error-Message") == "Invalid credentials in Authorization header":
            return TokenRejected(host=host)
        if isinstance(error, errors.GatedRepoError):
            kind = AccessPending if self.connection.token else RepoGated
            return kind(repo=repo, address=self.connection.page(repo))
        if status == httpx2.codes.FORBIDDEN:
            return AccessPending(repo=repo, address=self.connection.page(repo))
        if status == httpx2.codes.UNAUTHORIZED and self.connection.token:
            return TokenRejected(host=host)
        if repo and (isinstance(error, errors.RepositoryNotFoundError) or status in (401, 404)):
            return RepoNotFound(repo=repo)
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            wait = response.headers.get("Retry-After", "")
            return HubOverloaded(host=host, seconds=int(wait) if wait.isdigit() else _WAIT_SECONDS)
        return HubFailed(host=host, reason=f"status {status}")

    def _refused_by_proxy(self) -> ProxyRefused | None:
        """What it means if somebody on the way to the Hub wants to know who asks."""
        proxy = Network(self.connection.endpoint, "", 0).proxy_name(Origin.of(self.connection.endpoint))
        return ProxyRefused(proxy=proxy) if proxy else None

    def _get(
        self,
        url: str,
        headers: Mapping[str, str],
        limit: int,
        query: Mapping[str, str | int | list[str]] | None = None,
    ) -> tuple[bytes, httpx2.Response]:
        token = self.connection.token or False
        own = {**build_hf_headers(token=token, library_name="parley", library_version=__version__), **headers}
        with get_session().stream("GET", url, params=query, headers=own) as response:
            if response.status_code == httpx2.codes.RANGE_NOT_SATISFIABLE:
                return b"", response
            if response.is_error:
                raise _http_error(response)
            body, deadline = bytearray(), monotonic() + self.connection.total_seconds
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) >= limit:
                    break
                if monotonic() > deadline:
                    raise HubSilent(host=self.connection.host, reason="it is too slow")
            return bytes(body[:limit]), response

    def _new_client(self) -> httpx2.Client:
        try:
            return httpx2.Client(
                event_hooks={"request": [self._guard], "response": [self._check]},
                follow_redirects=True,
                max_redirects=_MAX_REDIRECTS,
                mounts=dict.fromkeys(_LOOPBACK),
                verify=tls_context(os.environ),
            )
        except (ValueError, ImportError) as error:
            reason = "the system's proxy cannot be used"
            raise HubSilent(str(error), host=self.connection.host, reason=reason) from None

    def _guard(self, request: httpx2.Request) -> None:
        """Before each request, redirected ones too."""
        self._note(request.url.host)
        if _origin(request.url) != self._origin:
            request.headers.pop("Authorization", None)
        seconds = self.connection.read_seconds
        request.extensions["timeout"] = {
            "connect": self.connection.connect_seconds,
            "read": seconds,
            "write": seconds,
            "pool": seconds,
        }

    def _check(self, response: httpx2.Response) -> None:
        """End here what `huggingface_hub` would try again for minutes."""
        if response.status_code == httpx2.codes.TOO_MANY_REQUESTS or response.status_code >= 500:
            raise self._refusal(_http_error(response), "")


def _http_error(response: httpx2.Response) -> errors.HfHubHTTPError:
    """The client's own exception for an error answer, without a look at its body."""
    kinds = {
        "GatedRepo": errors.GatedRepoError,
        "RepoNotFound": errors.RepositoryNotFoundError,
        "RevisionNotFound": errors.RevisionNotFoundError,
        "EntryNotFound": errors.RemoteEntryNotFoundError,
    }
    kind = kinds.get(response.headers.get("X-Error-Code", ""), errors.HfHubHTTPError)
    return kind(f"status {response.status_code}", response=response)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _untrusted(error: BaseException | None) -> str:
    """What is wrong with the server's certificate, if that is what the client's error came of; else nothing."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return ""


def _reason(error: httpx2.TransportError) -> str:
    match error:
        case httpx2.TimeoutException():
            return "it took too long"
        case httpx2.UnsupportedProtocol():
            return "its address has to begin with http:// or https://"
        case httpx2.ConnectError():
            return "there is no connection"
    return "the connection broke off"
