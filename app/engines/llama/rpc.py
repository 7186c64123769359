"""Machines that hold a part of the model, through llama.cpp's RPC backend; runs in the engine child.

llama.cpp ends its process where a server is not there, is busy or speaks another version. Therefore each one is
greeted here first, in the words of its protocol (`negotiate_hello` in ggml-rpc.cpp).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Sequence

from app.core.errors import Cancelled
from app.core.prediction.fit import Device, DeviceKind
from app.core.remote.rpc import address_of
from app.core.remote.rpc_errors import RpcGarbled, RpcMissing, RpcUnreachable, RpcVersionDiffers
from app.engines.base import StopFlag
from app.engines.llama import native
from app.engines.llama.native import NativeDevice

VERSION = (7, 0)
"""`RPC_PROTO_MAJOR_VERSION` and `RPC_PROTO_MINOR_VERSION` of the pinned llama.cpp's ggml-rpc.h."""

ANSWER_SECONDS = 5.0
"""A server that talks with another program takes connections, but does not answer them."""

_CAPABILITIES = bytes(24)
HELLO = struct.pack("<BQ", 14, len(_CAPABILITIES)) + _CAPABILITIES
"""What a server is greeted with."""

_ANSWER = struct.Struct("<QBBBx24x")
_ANSWER_BYTES = _ANSWER.size - 8


def join(hosts: Sequence[str], stop: StopFlag, greeted: Callable[[], None]) -> list[NativeDevice]:
    """The devices of all hosts, each `host:port`, in order.

    Args:
        hosts: the machines.
        stop: ends the greetings.
        greeted: called when all are there, before llama.cpp speaks with them; it waits for their answers for ever.

    Raises:
        Cancelled: `stop` was set.
        RpcMissing: llama.cpp was built without RPC.
        RpcUnreachable: there is no connection, or no answer in time.
        RpcGarbled: what answers is no RPC server, or too different a one.
        RpcVersionDiffers: it speaks another version.
    """
    if hosts and not native.has_rpc():
        raise RpcMissing
    for host in hosts:
        if stop.is_set:
            raise Cancelled
        greet(host)
    greeted()
    return [device for host in hosts for device in native.rpc_devices(host)]


def as_remote(device: NativeDevice) -> Device:
    """The device as what is planned with; its memory is what its server tells of it."""
    return Device(
        name=device.name,
        kind=DeviceKind.REMOTE,
        total=device.total,
        free=min(device.free, device.total),
        backend=device.backend,
        description=device.description,
    )


def greet(host: str, seconds: float = ANSWER_SECONDS) -> None:
    """See that the server at `host:port` is there, free, and speaks our version; raises as `join`."""
    theirs = _version_at(host, seconds)
    if theirs[0] != VERSION[0] or theirs[1] > VERSION[1]:
        raise RpcVersionDiffers(host=host, theirs="{}.{}".format(*theirs), ours="{}.{}".format(*VERSION))


def connect(host: str, seconds: float) -> socket.socket:
    """A connection as llama.cpp makes it, by IPv4.

    Raises:
        socket.gaierror, UnicodeError: the name is not known.
        OSError: there is none within these seconds.
    """
    (*_, address), *_ = socket.getaddrinfo(*address_of(host), socket.AF_INET, socket.SOCK_STREAM)
    return socket.create_connection((str(address[0]), int(address[1])), seconds)


def _version_at(host: str, seconds: float) -> tuple[int, int]:
    try:
        with connect(host, seconds) as connection, connection.makefile("rb") as answers:
            connection.sendall(HELLO)
            answer = answers.read(_ANSWER.size)
    except (socket.gaierror, UnicodeError) as error:
        raise RpcUnreachable(str(error), host=host, reason="its name is not known") from None
    except TimeoutError as error:
        reason = "nothing answers in time; it may be at work for another program"
        raise RpcUnreachable(str(error), host=host, reason=reason) from None
    except ConnectionResetError as error:
        raise RpcGarbled(str(error), host=host) from None
    except OSError as error:
        raise RpcUnreachable(str(error), host=host, reason=(error.strerror or str(error)).lower()) from None
    if len(answer) < _ANSWER.size:
        raise RpcGarbled(repr(answer), host=host)
    length, major, minor, _ = _ANSWER.unpack(answer)
    if length != _ANSWER_BYTES:
        raise RpcGarbled(repr(answer), host=host)
    return major, minor
