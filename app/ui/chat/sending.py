"""From the composer to the session: the message with its files, if it fits; else what can be done about it.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.core.chat.attachments import shortened, split_attachments, with_attachments
from app.core.chat.conversation_errors import MessageBeyondContext
from app.core.sizes import format_count
from app.services.attaching import AttachedFile, Attaching
from app.services.chat_session import ChatSession
from app.services.message_room import Excess, MessageRoom
from app.ui.chat.composer import Composer
from app.ui.chat.notices import Notice, NoticeAction

_A_LITTLE_LESS = 0.97

Send = Callable[[str], object]


class Sending(QObject):
    """The composer keeps what it holds until the session has stored it."""

    longer_context_requested = Signal(int)  # tokens

    def __init__(
        self,
        session: ChatSession,
        attaching: Attaching,
        room: MessageRoom,
        composer: Composer,
        notice: Notice,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._attaching = attaching
        self._room = room
        self._composer = composer
        self._notice = notice
        self._sent: tuple[str, str] | None = None  # as it was written, and as it was sent
        self._rest = ""
        attaching.changed.connect(self._on_files)
        attaching.problem.connect(session.problem)
        composer.remove_requested.connect(attaching.remove)
        composer.send_requested.connect(self.send)

    def send(self, written: str) -> None:
        """Send what is written, with its files."""
        self._notice.dismiss()
        whole = with_attachments(written, self._attaching.attachments)

        def go(text: str) -> None:
            self._sent = (written, text)
            self._session.send(text)

        self._check(whole, go, lambda excess: self._offer(excess, written))

    def send_instead(self, message_id: int, text: str) -> None:
        """Send other words in the place of a message; what is too long comes into the composer."""

        def refuse(excess: Excess) -> None:
            files, own = split_attachments(text)
            self._composer.set_text(own)
            self._attaching.replace(files)
            self._offer(excess, own)

        self._check(text, lambda whole: self._session.send_instead(message_id, whole), refuse)

    def was_stored(self, text: str) -> None:
        """A message is on disk: what it was sent from can go."""
        if self._sent is not None and self._sent[1].strip() == text.strip():
            self._composer.clear_sent(self._sent[0])
            self._attaching.clear()
            if self._rest and not self._composer.text():
                self._composer.set_text(self._rest)
            self._sent, self._rest = None, ""

    def failed(self) -> None:
        """The message was not stored; it stays in the composer."""
        self._sent = None

    def _check(self, text: str, go: Send, refuse: Callable[[Excess], object]) -> None:
        def judge(excess: Excess | None) -> None:
            if excess is None:
                go(text)
            else:
                refuse(excess)

        preset = self._session.preset
        system = "" if preset is None else preset.preset.system if preset.system is None else preset.system
        self._room.check(text, system, preset.preset.context_limit if preset else None, judge)

    def _offer(self, excess: Excess, written: str) -> None:
        """Say that it is too long, and what can be done."""
        tokens, limit = format_count(excess.tokens), format_count(excess.limit)
        actions = [NoticeAction(self.tr("Send only the beginning"), lambda: self._shorten(excess, written))]
        length = excess.context_length
        if length is not None:
            text = self.tr("Load with {tokens} tokens").format(tokens=format_count(length))
            actions.append(NoticeAction(text, lambda: self._load_longer(length)))
        if self._attaching.files:
            actions.append(NoticeAction(self.tr("Remove the files"), self._remove_files))
        self._notice.show_problem(MessageBeyondContext(tokens=tokens, limit=limit), actions)

    def _shorten(self, excess: Excess, written: str) -> None:
        """Cut until it fits, then send; what is cut off the user's own words comes back into the composer."""
        share = excess.limit / excess.tokens * _A_LITTLE_LESS
        ending = self.tr(" (the beginning)")
        own, files, rest = shortened(written, self._attaching.attachments, share, ending)
        self._notice.dismiss()
        self._attaching.replace(files)
        self._rest = rest + self._rest
        whole = with_attachments(own, files)

        def go(text: str) -> None:
            self._sent = (self._composer.text(), text)
            self._session.send(text)

        self._check(whole, go, lambda still: self._shorten(still, own))

    def _load_longer(self, tokens: int) -> None:
        self._notice.dismiss()
        self.longer_context_requested.emit(tokens)

    def _remove_files(self) -> None:
        self._notice.dismiss()
        self._attaching.clear()

    def _on_files(self, files: list[AttachedFile]) -> None:
        self._composer.show_files(files)
        if isinstance(self._notice.error, MessageBeyondContext):
            self._notice.dismiss()
        is_quiet = self._sent is None and not self._room.is_asked and not self._session.is_answering
        if is_quiet and files and all(file.count for file in files):
            written = self._composer.text()
            whole = with_attachments(written, self._attaching.attachments)
            self._check(whole, lambda _: None, lambda excess: self._offer(excess, self._composer.text()))
