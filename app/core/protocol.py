"""What the window (or the command line) and a child process say to each other, and how it goes over the pipe.

A frame is one line of JSON: a tagged struct.  Both sides begin with `Hello`, which carries the
protocol's version; anything that is not a frame of that version is refused with `ProtocolBroken`.
Commands go to the child's standard input, events come from its standard output. The frames here are those of
every child; those of one role are in the module that this imports for it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import msgspec

from app.core.catalog.downloads import DownloadCommand, DownloadEvent
from app.core.catalog.hub_frames import HubCommand, HubEvent
from app.core.chat.preview_frames import PreviewCommand, PreviewEvent
from app.core.chat.typeset_frames import TypesetCommand, TypesetEvent
from app.core.checkpoints.repack import RepackCommand, RepackEvent
from app.core.data.exchange_frames import ExchangeCommand, ExchangeEvent
from app.core.engine.engine_frames import EngineCommand, EngineEvent
from app.core.errors import Failure
from app.core.prediction.probe_frames import ProbeCommand, ProbeEvent
from app.core.program.update_frames import UpdateCommand, UpdateEvent
from app.core.protocol_errors import ProtocolBroken
from app.core.remote.server_frames import ServerCommand, ServerEvent

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
    UPDATE = "update"


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class Hello(_Frame, frozen=True, tag="hello"):
    """First frame in both directions."""

    version: int = 0
    role: str = ""
    pid: int = 0


class Cancel(_Frame, frozen=True, tag="cancel"):
    """Stop every command that has not ended; `Stopped` follows, or what else a command ends with."""


class Leave(_Frame, frozen=True, tag="leave"):
    """End when all that was sent before is done; where the input just ends, the child does so at once."""


class Failed(_Frame, frozen=True, tag="failed"):
    """The command with this id (0: not a reply) came to nothing."""

    failure: Failure
    id: int = 0


class Stopped(_Frame, frozen=True, tag="stopped"):
    """A command was stopped, and did nothing or only what the next one goes on from."""


Command = (
    Hello
    | Cancel
    | Leave
    | EngineCommand
    | PreviewCommand
    | ProbeCommand
    | DownloadCommand
    | HubCommand
    | RepackCommand
    | TypesetCommand
    | ExchangeCommand
    | ServerCommand
    | UpdateCommand
)
Event = (
    Hello
    | Failed
    | Stopped
    | EngineEvent
    | PreviewEvent
    | ProbeEvent
    | DownloadEvent
    | HubEvent
    | RepackEvent
    | TypesetEvent
    | ExchangeEvent
    | ServerEvent
    | UpdateEvent
)

_T = TypeVar("_T")
_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


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
