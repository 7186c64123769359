"""What went wrong with a server, as the user is told it; any thread of the child."""

from __future__ import annotations

import math
import ssl
from json import JSONDecodeError

import httpx2
import openai

from app.core.errors import Bug, Failure, ParleyError
from app.core.remote.server_errors import (
    CertificateRefused,
    KeyNotAllowed,
    KeyRejected,
    ServerBusy,
    ServerFailed,
    ServerGarbled,
    ServerModelUnknown,
    ServerMoved,
    ServerRefused,
    ServerSilent,
    ServerUnreachable,
)
from app.engines.remote.client import Access

MAX_REASON = 300
_WAIT_SECONDS = 60
_UNREADABLE = (JSONDecodeError, UnicodeDecodeError, openai.APIResponseValidationError, TypeError, AttributeError)


def failure_of(error: BaseException, access: Access, model: str = "") -> ParleyError:
    """The failure that the client's exception means."""
    server = access.server
    match error:
        case ParleyError():
            return error
        case openai.APIStatusError():
            return _refusal(error, access, model)
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return _too_late(error, access)
        case openai.APIConnectionError() | httpx2.TransportError():
            return _no_connection(error, access)
        case httpx2.HTTPError() | httpx2.InvalidURL():
            return ServerUnreachable(str(error), server=server.name, host=server.host, reason="it leads nowhere")
        case openai.APIError():
            return ServerFailed(server=server.name, status=200, reason=_told(error, access))
        case _ if isinstance(error, _UNREADABLE):
            return ServerGarbled(f"{type(error).__name__}: {error}"[:MAX_REASON], server=server.name)
    return Bug(Failure.of(error).detail)


def refused_parameter(error: BaseException | None) -> str | None:
    """The parameter that a server complains of: its name, or nothing if it only says that it refuses; else None."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 422):
        return None
    named = error.param
    return named if isinstance(named, str) else ""


def _refusal(error: openai.APIStatusError, access: Access, model: str) -> ParleyError:
    server, status = access.server.name, error.status_code
    reason = _told(error, access)
    if status == 401:
        return KeyRejected(server=server)
    if status == 403:
        return KeyNotAllowed(server=server, reason=reason)
    if status == 404:
        return ServerModelUnknown(reason, server=server, model=model, address=access.server.base_url)
    if status == 429:
        return ServerBusy(server=server, reason=reason, seconds=int(retry_after(error) or _WAIT_SECONDS))
    if status >= 500:
        return ServerFailed(server=server, status=status, reason=reason)
    if 300 <= status < 400:
        return ServerMoved(server=server, address=error.response.headers.get("Location", "")[:MAX_REASON])
    return ServerRefused(server=server, reason=reason)


def retry_after(error: BaseException | None) -> float | None:
    """The seconds a server wants us to wait, None where it does not say."""
    if not isinstance(error, openai.APIStatusError):
        return None
    try:
        seconds = float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _told(error: openai.APIError, access: Access) -> str:
    """What the server says in one short line of whole characters, without the key should it repeat it."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else body
    said = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
    if not isinstance(said, str):
        said = ""
    if access.key:
        said = said.replace(access.key, "…")
    whole = said.encode("utf-8", "replace").decode()
    return " ".join(whole.split())[:MAX_REASON].rstrip(".") or "it does not say why"


def _too_late(error: BaseException, access: Access) -> ParleyError:
    server = access.server
    cause = error.__cause__ or error
    if isinstance(cause, httpx2.ConnectTimeout):
        return ServerUnreachable(server=server.name, host=server.host, reason="it does not answer")
    return ServerSilent(server=server.name, seconds=int(server.timeout_seconds))


def _no_connection(error: BaseException, access: Access) -> ParleyError:
    server = access.server
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ParleyError):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message or "it cannot be verified"
            return CertificateRefused(str(cause), server=server.name, host=server.host, reason=reason.rstrip("."))
    reason = "there is no connection"
    if any(isinstance(cause, httpx2.ProxyError) for cause in causes):
        reason = "the proxy refuses"
    elif any(isinstance(cause, ssl.SSLError) for cause in causes):
        reason = "it does not speak TLS as expected"
    elif any(isinstance(cause, httpx2.RemoteProtocolError | httpx2.ReadError) for cause in causes):
        reason = "it closed the connection"
    return ServerUnreachable(str(causes[-1]), server=server.name, host=server.host, reason=reason)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in found:
        found.append(now)
        now = now.__cause__ or now.__context__
    return found
