"""The Hub as the window asks it: one child that talks with it, started at the first question.

Runs on the window's thread; the window's process itself makes no network call.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.core import protocol
from app.core.catalog.hub import SearchQuery, TokenPlace, Variant
from app.core.catalog.hub_errors import HubLost
from app.core.catalog.hub_frames import (
    AskToken,
    HubCommand,
    HubFound,
    KeepToken,
    OpenRepo,
    OpenVariant,
    RepoOpened,
    SearchHub,
    TokenState,
    VariantOpened,
)
from app.core.errors import ParleyError
from app.core.protocol import Event, Failed
from app.services.child_slot import ChildFactory, ChildSlot
from app.services.relay import Relay

if TYPE_CHECKING:
    from app.children.outcome import Outcome

IDLE_MS = 60_000


class Question(Enum):
    """What can be asked; of each kind only the latest question is answered."""

    SEARCH = auto()
    REPO = auto()
    VARIANT = auto()
    TOKEN = auto()


class HubService(QObject):
    """Owns at most one child, which ends when nothing was asked for a while."""

    found = Signal(object, bool)  # SearchPage, whether it goes on with the last one
    repo_opened = Signal(object)  # RepoPage
    variant_opened = Signal(object, object)  # Variant with exact weights, tuple[HeaderCopy, ...]
    token_known = Signal(TokenPlace, bool)  # where it is, whether there is a keyring for a new one
    failed = Signal(Question, object)  # ParleyError

    def __init__(self, start: ChildFactory, relay: Relay, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slot = ChildSlot(start, relay, self._on_event, self._on_exit)
        self._last_id = 0
        self._open: dict[Question, HubCommand] = {}
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self._rest)

    @property
    def asked_variant(self) -> Variant | None:
        """The variant whose headers are being read."""
        asked = self._open.get(Question.VARIANT)
        return asked.variant if isinstance(asked, OpenVariant) else None

    def search(self, query: SearchQuery, cursor: str = "") -> None:
        """Find repos; `found` follows. `cursor` is the last page's."""
        self._ask(Question.SEARCH, lambda number: SearchHub(id=number, query=query, cursor=cursor))

    def open_repo(self, text: str) -> None:
        """Read the repo that a text names; `repo_opened` follows. The repo that was being read is given up."""
        if Question.REPO in self._open:
            self._slot.tell(protocol.Cancel())
        self._open.pop(Question.VARIANT, None)
        self._ask(Question.REPO, lambda number: OpenRepo(id=number, text=text))

    def open_variant(self, variant: Variant) -> None:
        """Read all headers of a variant; `variant_opened` follows."""
        self._ask(Question.VARIANT, lambda number: OpenVariant(id=number, variant=variant))

    def ask_token(self) -> None:
        """Find out whether there is a token; `token_known` follows."""
        self._ask(Question.TOKEN, lambda number: AskToken(id=number))

    def keep_token(self, token: str) -> None:
        """Keep the user's token, or forget it if it is empty; `token_known` follows."""
        self._ask(Question.TOKEN, lambda number: KeepToken(id=number, token=token))

    def renew(self) -> None:
        """Begin with a new child at the next question; what is asked now comes to nothing."""
        self._slot.drop()
        self._fail_all(HubLost(reason="the network settings changed"))

    def shutdown(self) -> None:
        """End the child before the program exits; a token that is being kept is kept."""
        self._idle.stop()
        if isinstance(self._open.get(Question.TOKEN), KeepToken):
            self._slot.finish()
        else:
            self._slot.shutdown()

    def _ask(self, question: Question, command: Callable[[int], HubCommand]) -> None:
        self._last_id += 1
        asked = self._open[question] = command(self._last_id)
        self._idle.start()
        self._slot.send(asked)

    def _on_event(self, event: Event) -> None:
        number = getattr(event, "id", 0)
        question = next((kind for kind, command in self._open.items() if command.id == number), None)
        if question is None:
            return
        asked = self._open.pop(question)
        match event:
            case HubFound(page=page):
                self.found.emit(page, isinstance(asked, SearchHub) and bool(asked.cursor))
            case RepoOpened(page=page):
                self.repo_opened.emit(page)
            case VariantOpened(variant=variant, headers=headers):
                self.variant_opened.emit(variant, headers)
            case TokenState(place=place, has_keyring=has_keyring):
                self.token_known.emit(place, has_keyring)
            case Failed(failure=failure):
                self.failed.emit(question, failure.error())

    def _on_exit(self, outcome: Outcome) -> None:
        self._fail_all(HubLost(reason=outcome.sentence))

    def _fail_all(self, error: ParleyError) -> None:
        questions, self._open = list(self._open), {}
        for question in questions:
            self.failed.emit(question, error)

    def _rest(self) -> None:
        if self._open:
            self._idle.start()
        else:
            self._slot.close()
