"""`parley chat`: a conversation in the terminal, or line by line from a pipe."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from app import __version__
from app.cli.ask import with_options
from app.cli.chats import moment
from app.cli.engine import Engine
from app.cli.invocation import CommandTable, Invocation
from app.cli.measurements import keep_measurements
from app.cli.models import choose_model
from app.cli.options import manner
from app.cli.output import OutputFailed
from app.cli.presets import chosen_preset
from app.cli.servers import remote_model, tell_destination
from app.cli.session import Session, keep_digest
from app.cli.views import PlainView
from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import MessageState, Role
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError, UserError
from app.storage.lane import Lane

_SHOWN_CHATS = 20

_HELP = """\
/new          begin a new chat
/chats        list the last chats
/open ID      go on with one of them
/model FILE   answer with another GGUF file
/retry        answer the last message again
/quit         leave; so does Ctrl-D
End a line with \\ to go on in the next one. Ctrl-C stops a reply.
To begin a message with a slash, write two."""


class UnknownCommand(UserError):
    """A line begins with a slash, but with no command."""

    text = "There is no command {command}."
    advice = "See /help, or begin with two slashes to send it as a message."


class CommandArgument(UserError):
    """A command needs an argument, or another one."""

    text = "The command is used as: {usage}."
    advice = "See /help."


def chat(arguments: argparse.Namespace, invocation: Invocation) -> int:
    """Talk until the user leaves."""
    wanted = manner(arguments)
    with invocation.storage() as lane:
        engine = Engine(invocation.folders.logs / "engine.log", keep_digest(lane), keep_measurements(lane))
        session = Session(lane, engine, wanted, str(invocation.settings.get("chat.user_name")))
        session.open(arguments.chat)
        if wanted.preset:
            session.use_preset(chosen_preset(lane, wanted))
        try:
            return Talk(session, lane, arguments, invocation).run()
        finally:
            engine.close()


class Talk:
    """Reads what the user types and has it done. A pipe's first error ends it, a terminal's does not."""

    def __init__(self, session: Session, lane: Lane, arguments: argparse.Namespace, invocation: Invocation) -> None:
        self._session = session
        self._lane = lane
        self._arguments = arguments
        self._invocation = invocation
        self._terminal = invocation.terminal
        self._interactive = sys.stdin.isatty() and sys.stdout.isatty()
        self._commands: dict[str, Callable[[str], None]] = {
            "/help": self._help,
            "/new": self._new,
            "/chats": self._chats,
            "/open": self._open,
            "/model": self._model,
            "/retry": self._retry,
        }

    def run(self) -> int:
        """Talk until the input ends."""
        self._begin()
        while (line := self._read()) is not None:
            try:
                if line.strip() in ("/quit", "/exit"):
                    break
                self._take(line)
            except OutputFailed:
                raise
            except ParleyError as error:
                if not self._interactive:
                    raise
                self._terminal.error(error)
        return 0

    def _begin(self) -> None:
        if self._interactive:
            self._terminal.note(f"Parley {__version__}. Type /help for what you can do here.")
        try:
            if self._arguments.server:
                self._use_model(remote_model(self._arguments.server, self._arguments.model, self._invocation))
            else:
                self._use(self._arguments.model)
        except ParleyError as error:
            if not self._interactive:
                raise
            self._terminal.error(error)
        if self._interactive:
            self._show_conversation()

    def _take(self, line: str) -> None:
        if not line.strip():
            return
        if line.startswith("/") and not line.startswith("//"):
            name, _, argument = line.strip().partition(" ")
            command = self._commands.get(name)
            if command is None:
                raise UnknownCommand(command=name)
            command(argument.strip())
        else:
            self._reply(lambda view: self._session.say(line.removeprefix("/"), view))

    def _reply(self, answer: Callable[[PlainView], StoredMessage]) -> None:
        view = PlainView(self._terminal)
        try:
            reply = answer(view)
        finally:
            view.end()
        if reply.state is MessageState.STOPPED:
            self._terminal.note("Stopped.")
        self._terminal.line()

    def _help(self, _: str) -> None:
        self._terminal.line(_HELP)

    def _new(self, _: str) -> None:
        self._session.open(None)

    def _chats(self, _: str) -> None:
        for summary in self._lane.submit(lambda stores: stores.conversations.summaries(_SHOWN_CHATS)).result():
            self._terminal.line(f"{summary.id:>5}  {moment(summary.updated_at)}  {summary.title}")

    def _open(self, argument: str) -> None:
        try:
            conversation_id = int(argument)
        except ValueError:
            raise CommandArgument(usage="/open ID") from None
        self._session.open(conversation_id)
        self._show_conversation()

    def _model(self, argument: str) -> None:
        if not argument:
            raise CommandArgument(usage="/model FILE")
        self._use(Path(argument))

    def _retry(self, _: str) -> None:
        self._reply(self._session.retry)

    def _use(self, path: Path | None) -> None:
        self._use_model(with_options(choose_model(self._lane, path), self._arguments))

    def _use_model(self, file: ModelFile) -> None:
        tell_destination(file, self._terminal)
        self._session.use(file)
        if self._interactive:
            built_in = " (built in)" if file.identity.built_in else ""
            self._terminal.note(f"Model: {file.identity.name}{built_in}")

    def _show_conversation(self) -> None:
        shown = self._session.conversation
        path = shown.path() if shown else []
        for message in path:
            if message.role is not Role.SYSTEM:
                mark = "> " if message.role is Role.USER else ""
                self._terminal.line(f"{mark}{message.text}\n")
        if self._interactive:
            _remember_lines([message.text for message in path if message.role is Role.USER])

    def _read(self) -> str | None:
        """What the user says next, over several lines if they end in a backslash; None at the end."""
        lines: list[str] = []
        warned = False
        while True:
            try:
                line = self._read_line("… " if lines else "> ")
            except KeyboardInterrupt:
                if warned or not self._interactive:
                    raise
                self._terminal.note("\nPress Ctrl-C again, or Ctrl-D, to leave.")
                lines, warned = [], True
                continue
            if line is None:
                return "\n".join(lines) or None
            warned = False
            lines.append(line.removesuffix("\\"))
            if not line.endswith("\\"):
                return "\n".join(lines)

    def _read_line(self, prompt: str) -> str | None:
        if not self._interactive:
            line = sys.stdin.readline()
            return line.removesuffix("\n") if line else None
        try:
            return input(prompt)
        except EOFError:
            self._terminal.note("")
            return None


def _remember_lines(lines: list[str]) -> None:
    """Let the arrow keys bring back what was said, where the system can edit lines."""
    with contextlib.suppress(ImportError):
        import readline

        readline.clear_history()
        for line in lines:
            if "\n" not in line:
                readline.add_history(line)


COMMANDS: CommandTable = {"chat": chat}
