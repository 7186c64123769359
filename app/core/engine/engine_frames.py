"""The frames of an engine child: it loads a model, answers, and tells how that goes."""

from __future__ import annotations

import msgspec

from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, Message, Timings, Usage
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.engine.token_cost import TokenCost
from app.core.remote import rpc_errors as rpc_errors  # so that every process can say them
from app.core.remote.server_frames import Connect


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class Load(_Frame, frozen=True, tag="load"):
    """Load a GGUF file (the first shard of a split one), replacing what is loaded.

    `known` is what was computed of the file before: if that still holds, it is sent back.
    """

    path: str
    options: LoadOptions = LoadOptions()
    known: Digest | None = None

    @staticmethod
    def of(file: ModelFile) -> Load:
        """Load a file the way it is remembered."""
        model = file.identity
        known = Digest(model.path, model.bytes, file.modified_ns, model.sha256) if model.sha256 else None
        return Load(model.path, file.options, known)


class Generate(_Frame, frozen=True, tag="generate"):
    """Answer `messages`, whose last one is the user's (or the assistant's, to be continued).

    `template` names a template, or is empty for the model's own. `view_start` says how
    many messages after the system message the last reply already did without. `pinned` are messages, counted
    from 0 after the system message, whose turns stay however old they are. `context_limit` is how many
    tokens of the messages to read at most, where that is less than the model's context.
    """

    id: int
    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    template: str = ""
    template_variables: dict[str, str | bool | int] = {}
    view_start: int = 0
    pinned: tuple[int, ...] = ()
    context_limit: int | None = None


class LoadProgress(_Frame, frozen=True, tag="load-progress"):
    """The part of the file that is in memory, 0 to 1."""

    fraction: float


class ModelInfo(_Frame, frozen=True, tag="loaded"):
    """A model is ready; lengths are in tokens, sizes in bytes.

    `memory_bytes` is what the engine holds now, of which `gpu_bytes` on each GPU with a memory of its
    own, by the device's name; `predicted_bytes` is what it will hold at most, of which
    `certain_bytes` are weights and KV cache. `backend` names the devices that compute, such
    as `CPU` or `CPU+CUDA`.
    """

    name: str
    path: str
    architecture: str
    quantization: str
    parameters: int
    bytes: int
    context_length: int
    trained_context: int
    layers: int
    gpu_layers: int
    template: str
    engine: str
    engine_version: str
    options: LoadOptions
    memory_bytes: int
    device: str
    predicted_bytes: int = 0
    certain_bytes: int = 0
    backend: str = ""
    gpu_bytes: dict[str, int] = {}


class PromptProgress(_Frame, frozen=True, tag="prompt-progress"):
    """Prompt processing: tokens in the context so far, of those reused, and the total.

    `view_start` is the number of messages after the system message that do not fit any more.
    """

    id: int
    done: int
    total: int
    reused: int
    view_start: int = 0


class Piece(_Frame, frozen=True, tag="piece"):
    """The next words of a reply; `tokens` counts those sampled since the last piece."""

    id: int
    text: str = ""
    reasoning: str = ""
    tokens: int = 0


class Finished(_Frame, frozen=True, tag="finished"):
    """A reply ended and all its pieces were sent.

    `peak_bytes` is the most memory that the engine has held, 0 as long as it has not yet done the
    work that needs most. `cost` is what a token was to take on nominal devices.
    `left_out` names the sampling options that a server did not take. `kept` are the messages before
    `view_start`, counted as it is, that were read all the same. `template_sha256` is that of a user's template.
    """

    id: int
    reason: FinishReason
    usage: Usage
    timings: Timings
    seed: int
    template: str
    template_sha256: str = ""
    view_start: int = 0
    peak_bytes: int = 0
    cost: TokenCost | None = None
    left_out: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()


class Digest(_Frame, frozen=True, tag="digest"):
    """The SHA-256 of a loaded model, computed while the engine was idle, or known and still true.

    That of a split model is of its parts one after the other; `path` is the first one, `bytes` and
    `modified_ns` are the sum and the latest of all.
    """

    path: str
    bytes: int
    modified_ns: int
    sha256: str


EngineCommand = Load | Generate
EngineEvent = LoadProgress | ModelInfo | PromptProgress | Piece | Finished | Digest


def load_command(file: ModelFile) -> Load | Connect:
    """What makes an engine child answer with a model, wherever it is."""
    return Load.of(file) if file.server is None else Connect(file.server, file.identity.name)
