"""The engine child: loads a model or connects to a server, answers, and hashes files while it is idle."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from app.catalog.gguf.header import read_header, shard_paths
from app.catalog.ledger import Ledger
from app.core.chat.preview_frames import RenderPrompt
from app.core.engine.engine_frames import Digest, Generate, Load
from app.core.errors import ParleyError
from app.core.program.ledger import Purpose
from app.core.program.network import is_offline
from app.core.protocol_errors import ProtocolBroken
from app.core.remote.rpc import address_of, is_this_machine
from app.core.remote.rpc_errors import RpcForbiddenOffline
from app.core.remote.server_frames import Connect
from app.core.remote.servers import Server
from app.engines.base import Emit, Engine, StopFlag
from app.engines.llama.engine import LlamaEngine
from app.worker.base import Worker
from app.worker.digest import ModelDigest
from app.worker.source import describe
from app.worker.wire import Job


class EngineWorker(Worker):
    """Runs `Load`, `Connect`, `Generate` and `RenderPrompt`."""

    def __init__(self, send: Emit) -> None:
        super().__init__(send)
        self._llama = LlamaEngine()
        self._engine: Engine = self._llama
        self._digest: ModelDigest | None = None

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case Load(path=path, options=options, known=known):
                _admit(options.rpc_hosts)
                source = describe(Path(path))
                self._leave_for(self._llama)
                self._send(self._llama.load(source, options, self._send, job.stop))
                with contextlib.suppress(OSError, ParleyError):  # the model answers without its hash
                    self._begin_digest(source.path, known)
            case Connect(server=server, model=model):
                self._connect(server, model, job.stop)
            case RenderPrompt() as command:
                self._send(self._engine.render(command))
            case Generate() as command:
                self._engine.generate(command, self._send, job.stop)
            case other:
                raise ProtocolBroken(f"not a command for an engine: {other!r}")

    def idle(self) -> float | None:
        """Hash one slice, then rest as long as it took."""
        if self._digest is None:
            return None
        try:
            done = self._digest.work()
        except OSError:
            self._drop_digest()
            return None
        if isinstance(done, Digest):
            self._digest = None
            self._send(done)
            return None
        return done

    def _connect(self, server: Server, model: str, stop: StopFlag) -> None:
        """The client is imported only where it is needed."""
        from app.engines.remote.engine import RemoteEngine
        from app.worker.access import access_to

        remote = RemoteEngine()
        self._leave_for(remote)
        self._send(remote.connect(access_to(server), model, stop))

    def _leave_for(self, engine: Engine) -> None:
        """Free what is loaded; this engine answers from now on."""
        self._drop_digest()
        self._engine.unload()
        self._engine = engine

    def _begin_digest(self, path: Path, known: Digest | None) -> None:
        self._digest = ModelDigest(shard_paths(read_header(path, tensors=False)))
        if known is not None and self._digest.confirms(known):
            self._drop_digest()
            self._send(known)

    def _drop_digest(self) -> None:
        if self._digest is not None:
            self._digest.close()
            self._digest = None


def _admit(hosts: Sequence[str]) -> None:
    """See that the user lets Parley speak with these machines, and note it.

    Raises:
        RpcForbiddenOffline: the network is switched off, and one is not this machine.
    """
    ledger = Ledger(os.environ, Purpose.CHAT)
    for host in hosts:
        if is_offline(os.environ) and not is_this_machine(host):
            raise RpcForbiddenOffline(host=host)
        ledger.note(address_of(host)[0])


WORKER: type[Worker] = EngineWorker
