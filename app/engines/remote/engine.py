"""An engine whose model runs on a server; runs in the engine child's main thread."""

from __future__ import annotations

from dataclasses import dataclass

import openai

from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.engine_frames import Generate, ModelInfo
from app.core.engine.loading import LoadOptions
from app.core.engine.model_errors import NoModel
from app.core.errors import Cancelled
from app.core.remote.server_errors import PromptMadeElsewhere, ServerModelUnknown
from app.engines.base import Emit, StopFlag
from app.engines.remote.client import Access, ServerClient
from app.engines.remote.failures import failure_of
from app.engines.remote.line import Ended, Line
from app.engines.remote.reply import LOOK_SECONDS, Patience, RemoteReply

_LENGTHS = ("max_model_len", "context_length", "context_window")
_UNLISTED = (404, 405, 501)


@dataclass(frozen=True)
class ListedModel:
    """A model that a server lists; its context in tokens, 0 where the server does not say."""

    id: str
    context_length: int


class RemoteEngine:
    """Implements `Engine`. Holds at most one server's model; the server holds all else."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._access: Access | None = None
        self._client: ServerClient | None = None
        self._model = ""

    def connect(self, access: Access, model: str, stop: StopFlag) -> ModelInfo:
        """Answer with a server's model from now on.

        A server that lists no models is taken at its word; so is the user, where he named the model himself.

        Raises:
            Cancelled: `stop` was set.
            ParleyError: the server cannot be reached, or has no such model.
        """
        self.unload()
        server = access.server
        listed = [] if model in server.typed_models and model not in server.models else list_models(access, stop)
        known = {one.id: one for one in listed}
        found = known.get(model) or known.get(f"{model}:latest")
        if listed and found is None:
            raise ServerModelUnknown(", ".join(known), server=server.name, model=model, address=server.base_url)
        self._access, self._client, self._model = access, ServerClient(access), model
        return ModelInfo(
            name=model,
            path=access.server.base_url,
            architecture="",
            quantization="",
            parameters=0,
            bytes=0,
            context_length=found.context_length if found else 0,
            trained_context=0,
            layers=0,
            gpu_layers=0,
            template="",
            engine="openai",
            engine_version=openai.__version__,
            options=LoadOptions(),
            memory_bytes=0,
            device=access.server.name,
        )

    def unload(self) -> None:
        """Leave the server; see `Engine`."""
        self._access, self._client, self._model = None, None, ""

    def generate(self, command: Generate, emit: Emit, stop: StopFlag) -> None:
        """Answer; see `Engine`."""
        if self._access is None or self._client is None:
            raise NoModel
        reply = RemoteReply(command, self._model, self._access, self._client, emit, stop, self._patience)
        emit(reply.run())

    def render(self, _: RenderPrompt) -> PromptRendered:
        """Show a prompt, which only the server could.

        Raises:
            PromptMadeElsewhere: always.
        """
        raise PromptMadeElsewhere(server=self._access.server.name if self._access else "")


def list_models(access: Access, stop: StopFlag) -> list[ListedModel]:
    """What a server lists; nothing if it keeps no list.

    Raises:
        Cancelled: `stop` was set.
        ParleyError: it cannot be asked.
    """
    client = ServerClient(access)
    line = Line(client.models)
    found: list[ListedModel] = []
    try:
        while not stop.is_set:
            came = line.next(LOOK_SECONDS)
            if isinstance(came, Ended):
                error = came.error
                if isinstance(error, openai.APIStatusError) and error.status_code in _UNLISTED:
                    return []
                if error is not None:
                    raise failure_of(error, access)
                return found
            if came is not None and isinstance(name := came.get("id"), str) and name:
                found.append(ListedModel(name, _context_of(came)))
    finally:
        line.cut()
    raise Cancelled


def _context_of(listed: dict[str, object]) -> int:
    """The context as vLLM, llama.cpp's server and others tell it."""
    meta = listed.get("meta")
    places = [listed, meta] if isinstance(meta, dict) else [listed]
    for place in places:
        for name in (*_LENGTHS, "n_ctx"):
            value = place.get(name)
            if isinstance(value, int) and value > 0:
                return value
    return 0
