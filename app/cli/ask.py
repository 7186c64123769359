"""`parley ask`: one message, one reply."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

import msgspec

from app.chat.context import require_text
from app.cli.engine import Engine
from app.cli.invocation import CommandTable, Invocation
from app.cli.measurements import keep_measurements
from app.cli.models import choose_model
from app.cli.options import load_options, manner
from app.cli.presets import chosen_preset
from app.cli.servers import remote_model, tell_destination
from app.cli.session import Session, keep_digest
from app.cli.views import JsonView, PlainView
from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import MessageState
from app.core.engine.models import ModelFile
from app.core.exit_codes import DONE, INTERRUPTED
from app.storage.lane import Lane


def ask(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Answer one message, streaming, and keep both unless that is not wanted."""
    terminal = invocation.terminal
    prompt = require_text(_read_prompt(arguments.prompt))
    wanted = manner(arguments)
    with ExitStack() as stack:
        library = stack.enter_context(invocation.storage())
        lane = stack.enter_context(invocation.memory()) if arguments.temporary else library
        engine = Engine(invocation.folders.logs / "engine.log", keep_digest(library), keep_measurements(library))
        stack.callback(engine.close)
        session = Session(lane, engine, wanted, str(invocation.settings.get("chat.user_name")))
        session.open(arguments.chat)
        if wanted.preset:
            session.use_preset(chosen_preset(library, wanted))
        file = chosen_model(arguments, library, invocation, storage_is_optional=arguments.temporary)
        tell_destination(file, terminal)
        session.use(file)
        view = JsonView(terminal) if arguments.json else PlainView(terminal)
        try:
            reply = session.say(prompt, view)
        finally:
            view.end()
    if reply.record is not None and reply.record.left_out:
        terminal.note(f"The server did not take these options: {', '.join(reply.record.left_out)}.")
    if arguments.json:
        chat_id = session.conversation.summary.id if session.conversation and not arguments.temporary else None
        terminal.record(_outcome(reply, chat_id))
    return INTERRUPTED if reply.state is MessageState.STOPPED else DONE


def _read_prompt(prompt: str) -> str:
    if prompt != "-":
        return prompt
    return sys.stdin.buffer.read().decode("utf-8", "replace").removesuffix("\n")


def chosen_model(
    arguments: argparse.Namespace, library: Lane, invocation: Invocation, *, storage_is_optional: bool = False
) -> ModelFile:
    """The model that the options name, on this machine or a server; raises as `choose_model` and `remote_model`."""
    if arguments.server:
        return remote_model(arguments.server, arguments.model, invocation)
    file = choose_model(library, arguments.model, storage_is_optional=storage_is_optional)
    return with_options(file, arguments)


def with_options(file: ModelFile, arguments: argparse.Namespace) -> ModelFile:
    """The file as this run loads it; what is remembered of it stays."""
    return msgspec.structs.replace(
        file, options=load_options(arguments, file.options), template=arguments.template or file.template
    )


def _outcome(reply: StoredMessage, chat_id: int | None) -> dict[str, object]:
    record = reply.record
    assert record is not None
    return {
        "type": "reply",
        "text": reply.text,
        "reasoning": reply.reasoning,
        "finish_reason": record.finish_reason,
        "usage": record.usage,
        "timings": record.timings,
        "model": record.model,
        "chat_id": chat_id,
        "seed": record.seed,
        "template": record.template,
        "preset": record.preset,
        "left_out": record.left_out,
    }


COMMANDS: CommandTable = {"ask": ask}
