"""What a request is refused with, in the form of the OpenAI API, and what keeps Parley from listening at all."""

from __future__ import annotations

from app.core.engine.engine_errors import EngineLost
from app.core.engine.prompt_errors import PinsTooLong, PromptTooLong
from app.core.errors import Failure, ParleyError, UserError, WorldError

Headers = tuple[tuple[str, str], ...]

INVALID = "invalid_request_error"
_SERVER = "server_error"


class AddressUnavailable(WorldError):
    """The system does not let Parley listen where the user wants it to."""

    text = "Parley cannot listen at {address}: {reason}."
    advice = "Name another place with --host or --port; port 0 is any that is free."


class ModelUnavailable(Exception):
    """The model could not be loaded, which is no fault of who asked; `cause` says why."""

    def __init__(self, cause: ParleyError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class ApiError(Exception):
    """An answer that is no success. `param` names the part of the request that is wrong; `detail` is for the log."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
        headers: Headers = (),
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = headers
        self.detail = detail

    @property
    def body(self) -> dict[str, object]:
        """As the API writes it."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def too_busy(seconds: int) -> ApiError:
    """As many wait already as may; a place is free in `seconds`, perhaps."""
    message = "Too many requests wait for the model already. Try again later."
    headers = (("Retry-After", str(seconds)),)
    return ApiError(429, message, kind="rate_limit_error", code="too_many_requests", headers=headers)


def refusal_of(error: Exception) -> ApiError:
    """What to answer when a reply failed; a bug's details are for the log alone."""
    match error:
        case ApiError():
            return error
        case ModelUnavailable():
            return ApiError(503, error.cause.sentence, kind=_SERVER, code="model_unavailable")
        case PromptTooLong() | PinsTooLong():
            tokens, limit = error.values.get("tokens"), error.values.get("limit")
            message = f"The messages have at least {tokens} tokens, but the model reads at most {limit} at once."
            return ApiError(400, message, code="context_length_exceeded", param="messages")
        case EngineLost():
            message = f"{error.sentence} The next request starts it anew."
            return ApiError(503, message, kind=_SERVER, code="engine_lost")
        case UserError():
            option = error.values.get("option")
            return ApiError(400, error.sentence, param=None if option is None else str(option))
    failure = Failure.of(error)
    return ApiError(500, failure.error().sentence, kind=_SERVER, detail=failure.detail)
