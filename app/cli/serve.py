"""`parley serve`: lets other programs use the model, until the user ends it. Nothing that they send is kept."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.cli.ask import chosen_model
from app.cli.invocation import CommandTable, Invocation
from app.cli.measurements import keep_measurements
from app.cli.options import given_sampling
from app.cli.output import OutputFailed, Terminal
from app.cli.servers import tell_destination
from app.cli.session import keep_digest
from app.core.engine.engine_frames import Digest, Finished, ModelInfo
from app.core.engine.guide import recited
from app.core.engine.models import ModelFile
from app.core.engine.sampling import Sampling
from app.core.exit_codes import DONE
from app.core.program.setting_errors import InvalidOption
from app.serving.connection import Limits
from app.serving.desk import Desk
from app.serving.errors import ApiError
from app.serving.guard import Guard
from app.serving.server import Address, Server, resolved
from app.serving.service import Manners, Service

KEY_VARIABLE = "PARLEY_API_KEY"


def serve(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Load the model and answer requests until Ctrl-C or the system ends it."""
    from_environment = os.environ.pop(KEY_VARIABLE, "")  # no child needs to know it
    key = arguments.api_key or from_environment
    usual = Sampling.checked(**given_sampling(arguments))
    address = resolved(arguments.host, arguments.port)
    if not address.on_loopback and not key:
        reason = "other machines could use the model, so that it needs --api-key"
        raise InvalidOption(option="The address", value=arguments.host, reason=reason)
    terminal = invocation.terminal
    with invocation.storage() as library:
        file = chosen_model(arguments, library, invocation)
        tell_destination(file, terminal)
        if not address.on_loopback:
            terminal.note(f"Other machines reach Parley at {arguments.host}, and nothing on the way is encrypted.")
        job = _Job(
            file=file,
            address=address,
            guard=Guard(arguments.host, address.on_loopback, key, frozenset(arguments.allow_origin)),
            manners=_manners(file, usual),
            limits=Limits(seconds=arguments.timeout),
            most_waiting=arguments.waiting,
            log=invocation.folders.logs / "engine.log",
            on_digest=keep_digest(library),
            on_reply=keep_measurements(library),
            report=_Report(terminal),
        )
        with suppress(asyncio.CancelledError):
            asyncio.run(job.run())
    return DONE


def _manners(file: ModelFile, usual: Sampling) -> Manners:
    identity = file.identity
    sampling = recited(usual) if identity.built_in else usual
    return Manners(identity.name, file.modified_ns // 1_000_000_000, sampling, file.template)


class _Report:
    """Tells what goes on, without a word of what was asked or answered; a reader that is gone is not missed."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def loading(self, fraction: float) -> None:
        """How much of the model is in memory."""
        self._terminal.progress(f"Loading the model: {fraction:.0%}")

    def listening(self, address: Address, model: str) -> None:
        """From now on requests are answered."""
        self._terminal.progress("")
        record = {"type": "listening", "base_url": address.base_url, "model": model}
        self._tell(f"“{model}” answers at {address.base_url}; Ctrl+C ends it.", record)

    def replied(self, reply: Finished) -> None:
        """The engine finished a reply, or was stopped."""
        usage, rate = reply.usage, reply.timings.decode_rate
        tokens = f"{usage.completion_tokens} tokens after {usage.prompt_tokens}"
        record = {"type": "reply", "reason": reply.reason, "usage": usage, "timings": reply.timings}
        self._tell(f"Replied: {tokens}, {rate:.1f} tokens/s, {reply.reason}.", record)

    def refused(self, path: str, refusal: ApiError) -> None:
        """A request was answered with an error."""
        code = refusal.code or refusal.kind
        record = {"type": "refusal", "path": path, "status": refusal.status, "code": code}
        self._tell(f"Refused: {path} with {refusal.status}, {code}.", record)
        if refusal.detail:
            self._terminal.note(refusal.detail)

    def _tell(self, text: str, record: Mapping[str, object]) -> None:
        with suppress(OutputFailed):
            if self._terminal.json:
                self._terminal.record(record)
            else:
                self._terminal.line(text)


@dataclass(frozen=True)
class _Job:
    """All that one run is made of."""

    file: ModelFile
    address: Address
    guard: Guard
    manners: Manners
    limits: Limits
    most_waiting: int
    log: Path
    on_digest: Callable[[Digest], None]
    on_reply: Callable[[ModelInfo, Finished], None]
    report: _Report

    async def run(self) -> None:
        """Serve until this task is cancelled.

        Raises:
            ParleyError: the model cannot be loaded, or the address not be had.
        """
        desk = Desk(
            self.file,
            self.log,
            most_waiting=self.most_waiting,
            on_loading=self.report.loading,
            on_digest=self.on_digest,
            on_reply=self._replied,
        )
        server = Server(Service(desk, self.guard, self.manners, self.report.refused), self.limits)
        with _ended_by_signals():
            try:
                await desk.open()
                self.report.listening(await server.start(self.address), self.manners.model)
                await asyncio.get_running_loop().create_future()
            finally:
                await server.close()
                await desk.close()

    def _replied(self, model: ModelInfo, reply: Finished) -> None:
        self.on_reply(model, reply)
        self.report.replied(reply)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Within, Ctrl-C and the system's wish to end cancel this task; a second one ends the process as ever."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    wanted = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.getsignal(number) for number in wanted}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def end(*_: object) -> None:
        restore()
        loop.call_soon_threadsafe(task.cancel)

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        restore()


COMMANDS: CommandTable = {"serve": serve}
