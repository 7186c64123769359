"""The frames between the window (or the command line) and a child process.

A frame is one line of JSON: a tagged struct.  Both sides begin with `Hello`, which carries the
protocol's version; anything that is not a frame of that version is refused with `ProtocolBroken`.
Commands go to the child's standard input, events come from its standard output.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import msgspec

from app.core.downloads import DownloadCommand, DownloadEvent
from app.core.errors import Failure, ProtocolBroken
from app.core.exchange_frames import ExchangeCommand, ExchangeEvent
from app.core.hub import HeaderCopy
from app.core.hub_frames import HubCommand, HubEvent
from app.core.loading import LoadOptions
from app.core.messages import FinishReason, Message, Timings, Usage
from app.core.models import ModelFile
from app.core.preview_frames import PromptRendered, RenderPrompt
from app.core.repack import RepackCommand, RepackEvent
from app.core.sampling import Sampling
from app.core.server_frames import Connect, ServerCommand, ServerEvent
from app.core.token_cost import TokenCost
from app.core.typeset_frames import TypesetCommand, TypesetEvent

VERSION = 1
MAX_FRAME_BYTES = 64 * 1024 * 1024


class ChildRole(StrEnum):
    """What a child process is for."""

    ENGINE = "engine"
    PROBE = "probe"
    HUB = "hub"
    DOWNLOAD = "download"
    EXCHANGE = "exchange"
    EXTRACT = "extract"
    PRINT = "print"
    REPACK = "repack"
    SERVERS = "servers"
    TYPESET = "typeset"


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class Hello(_Frame, frozen=True, tag="hello"):
    """First frame in both directions."""

    version: int = 0
    role: str = ""
    pid: int = 0


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

    `template` names a fallback template, or is empty for the model's own. `view_start` says how
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


class Cancel(_Frame, frozen=True, tag="cancel"):
    """Stop the running load or reply; without one, nothing happens."""


class Probe(_Frame, frozen=True, tag="probe"):
    """Tell what this machine has."""


class MeasureNeed(_Frame, frozen=True, tag="measure-need"):
    """Let llama.cpp plan a load of this GGUF file without its weights, and tell the buffers it would make.

    Only the header is read, so the file may be sparse behind it.
    """

    path: str
    options: LoadOptions = LoadOptions()


class MeasureRemote(_Frame, frozen=True, tag="measure-remote"):
    """The same for a model of which only the headers are here: its file's, or those of all its shards in order."""

    headers: tuple[HeaderCopy, ...]
    options: LoadOptions = LoadOptions()


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
    load_seconds: float
    template_is_fallback: bool = False
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
    `view_start`, counted as it is, that were read all the same.
    """

    id: int
    reason: FinishReason
    usage: Usage
    timings: Timings
    seed: int
    template: str
    view_start: int = 0
    peak_bytes: int = 0
    cost: TokenCost | None = None
    left_out: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()


class Failed(_Frame, frozen=True, tag="failed"):
    """The command with this id (0: not a reply) came to nothing."""

    failure: Failure
    id: int = 0


class LoadCancelled(_Frame, frozen=True, tag="load-cancelled"):
    """The user stopped a load; nothing is loaded now."""


class Digest(_Frame, frozen=True, tag="digest"):
    """The SHA-256 of a loaded model, computed while the engine was idle, or known and still true.

    That of a split model is of its parts one after the other; `path` is the first one, `bytes` and
    `modified_ns` are the sum and the latest of all.
    """

    path: str
    bytes: int
    modified_ns: int
    sha256: str


class DeviceInfo(msgspec.Struct, frozen=True):
    """A device as ggml sees it; sizes in bytes."""

    name: str
    description: str
    kind: str
    backend: str
    total: int
    free: int


class Machine(_Frame, frozen=True, tag="machine"):
    """What a probe found; sizes in bytes.

    `memory_bandwidth` is how fast main memory was read, in bytes per second. `unused` explains every
    GPU that is there but that no loaded backend can use.
    """

    llama_cpp_version: str
    devices: tuple[DeviceInfo, ...]
    memory_total: int
    memory_available: int
    physical_cores: int
    logical_cores: int
    cpu_features: tuple[str, ...]
    unused: tuple[str, ...] = ()
    memory_bandwidth: float = 0.0


class MeasuredNeed(_Frame, frozen=True, tag="measured-need"):
    """What llama.cpp planned for a context in tokens, in bytes; `compute_bytes` by the kind of buffer."""

    path: str
    options: LoadOptions
    kv_bytes: int
    compute_bytes: dict[str, int]
    output_bytes: int


Command = (
    Hello
    | Load
    | Generate
    | Cancel
    | RenderPrompt
    | Probe
    | MeasureNeed
    | MeasureRemote
    | DownloadCommand
    | HubCommand
    | RepackCommand
    | TypesetCommand
    | ExchangeCommand
    | ServerCommand
)
Event = (
    Hello
    | LoadProgress
    | ModelInfo
    | LoadCancelled
    | PromptProgress
    | Piece
    | Finished
    | Failed
    | Digest
    | PromptRendered
    | Machine
    | MeasuredNeed
    | DownloadEvent
    | HubEvent
    | RepackEvent
    | TypesetEvent
    | ExchangeEvent
    | ServerEvent
)

_T = TypeVar("_T")
_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def load_command(file: ModelFile) -> Load | Connect:
    """What makes an engine child answer with a model, wherever it is."""
    return Load.of(file) if file.server is None else Connect(file.server, file.identity.name)


def encode(frame: Command | Event) -> bytes:
    """One line, newline included."""
    return _encoder.encode(frame) + b"\n"


def decode_command(line: bytes) -> Command:
    """Read a line in the child.

    Raises:
        ProtocolBroken: not a whole line, not JSON, an unknown tag, or a field of the wrong type.
    """
    return _decode(_commands, line)


def decode_event(line: bytes) -> Event:
    """Read a line in the parent; raises as `decode_command`."""
    return _decode(_events, line)


def check_hello(frame: Command | Event) -> Hello:
    """Accept the other side's first frame.

    Raises:
        ProtocolBroken: it is not `Hello`, or of another version.
    """
    if not isinstance(frame, Hello) or frame.version != VERSION:
        raise ProtocolBroken(f"expected hello of version {VERSION}, got {frame!r}"[:500])
    return frame


def _decode(decoder: msgspec.json.Decoder[_T], line: bytes) -> _T:
    if not line.endswith(b"\n"):
        raise ProtocolBroken(f"cut off: {line[:200]!r}")
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolBroken(f"{error}: {line[:200]!r}") from None
