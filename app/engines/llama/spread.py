"""A model of which parts are on other machines, and what is said when one of them is lost; runs in the engine child."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from app.core.errors import Failure, ParleyError
from app.core.protocol import Failed
from app.core.remote.rpc_errors import RpcLost, RpcSilent
from app.engines.base import Emit, StopFlag
from app.engines.llama import rpc
from app.engines.llama.native import NativeDevice
from app.engines.llama.rpc_watch import HostWatch

_EXIT_LOST = 1


class Spread:
    """The machines of one load, none for most; from `join` to `close` they are watched while a job needs them."""

    def __init__(self, hosts: Sequence[str], emit: Emit) -> None:
        self._hosts = tuple(hosts)
        self._emit = emit
        self._watch = HostWatch(self._hosts, self._silent)

    def join(self, stop: StopFlag) -> list[NativeDevice]:
        """The devices of all machines; see `rpc.join`."""
        return rpc.join(self._hosts, stop, self._watch.start)

    def during(self, emit: Emit) -> contextlib.AbstractContextManager[Emit]:
        """A job that needs the machines; see `HostWatch.during`."""
        return self._watch.during(emit)

    def close(self) -> None:
        """Leave them to others."""
        self._watch.close()

    def aborting(self, message: str) -> None:
        """Native code is about to end this process; a connection that breaks leaves it no other way."""
        print(message, file=sys.stderr, flush=True)
        if self._hosts:
            self._tell(RpcLost(message, hosts=", ".join(self._hosts)))

    def _silent(self, host: str) -> None:
        """Native code waits for this machine for ever, so that only the process can end."""
        self._tell(RpcSilent(host=host))
        os._exit(_EXIT_LOST)

    def _tell(self, error: ParleyError) -> None:
        self._emit(Failed(Failure.of(error)))
