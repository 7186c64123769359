"""The picker's search field and its filters.

Window process, interface thread.
"""

from __future__ import annotations

from itertools import takewhile

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.catalog.find.repo_ref import RepoRef, parse_repo_ref
from app.core.catalog.hub import Format, SearchOrder, SearchQuery
from app.core.catalog.hub_errors import NotARepo
from app.ui.icons import ComboBox
from app.ui.models import words
from app.ui.search_field import SearchField

TYPING_MS = 350
FITS_HERE = "fits"
_LISTED, _RANKED = 30, 100
"""Repos to a page; those that fit best are sought among more."""


class SearchBar(QWidget):
    """Emits a query when typing pauses, and a repo when one is named in full: by Enter, or by what was pasted.

    What is typed letter by letter may be half a name whenever it pauses.
    """

    searched = Signal(object)  # SearchQuery, or None when nothing is asked for
    named = Signal(str)  # what names a repo: owner/name, owner/name:branch, or a page's address

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = SearchField(self.tr("Search models, or paste owner/name or a page's address"))
        self.author = QLineEdit()
        self.author.setPlaceholderText(self.tr("Author"))
        self.author.setAccessibleName(self.tr("Author"))
        self.author.setFixedWidth(110)
        self.format = ComboBox()
        self.format.setAccessibleName(self.tr("Format"))
        self.format.addItem(self.tr("Any format"), "")
        for kind in Format:
            self.format.addItem(words.format_name(kind), kind.value)
        self.order = ComboBox()
        self.order.setAccessibleName(self.tr("Sort"))
        for order, name in (
            (SearchOrder.DOWNLOADS.value, self.tr("Most downloads")),
            (SearchOrder.LIKES.value, self.tr("Most likes")),
            (SearchOrder.UPDATED.value, self.tr("Newest")),
            (FITS_HERE, self.tr("Fits here")),
        ):
            self.order.addItem(name, order)
        self._before = ""
        self._is_pasted = False
        self._pause = QTimer(self, singleShot=True, interval=TYPING_MS)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        for widget in (self.author, self.format, self.order):
            row.addWidget(widget)
        self._pause.timeout.connect(self._ask)
        self.field.textEdited.connect(lambda _: self._pause.start())
        self.field.textChanged.connect(self._on_changed)
        self.field.returnPressed.connect(self.submit)
        self.author.textEdited.connect(lambda _: self._pause.start())
        self.format.currentIndexChanged.connect(self._ask)
        self.order.currentIndexChanged.connect(self._ask)

    @property
    def sorts_by_fit(self) -> bool:
        """Whether what fits this machine comes first."""
        return bool(self.order.currentData() == FITS_HERE)

    @property
    def query(self) -> SearchQuery | None:
        """What is asked for; None when nothing is."""
        text, author = self.field.text().strip(), self.author.text().strip()
        ref = _named_repo(text.removesuffix(":"))  # after which a branch is to come
        if ref is None and _is_page(text):
            return None
        chosen = self.format.currentData()
        if not text and not author and not chosen and self.order.currentIndex() == 0:
            return None
        order = SearchOrder.DOWNLOADS if self.sorts_by_fit else SearchOrder(self.order.currentData())
        return SearchQuery(
            text=ref.repo if ref else text,
            author=author,
            format=Format(chosen) if chosen else None,
            order=order,
            limit=_RANKED if self.sorts_by_fit else _LISTED,
        )

    def look_for(self, text: str) -> None:
        """Search for this at once."""
        self.field.setText(text)
        self.submit()

    def clear(self) -> None:
        """Ask for nothing any more."""
        for field in (self.field, self.author):
            field.blockSignals(True)
            field.clear()
            field.blockSignals(False)
        for choice in (self.format, self.order):
            choice.blockSignals(True)
            choice.setCurrentIndex(0)
            choice.blockSignals(False)
        self._before = ""
        self._pause.stop()

    def submit(self) -> None:
        """Search at once; open what is named in full."""
        self._pause.stop()
        text = self.field.text().strip()
        if _named_repo(text) is not None or _is_page(text):
            self.named.emit(text)
        self.searched.emit(self.query)

    def _ask(self) -> None:
        text = self.field.text().strip()
        ref = _named_repo(text)
        if self._is_pasted and (_is_page(text) or (ref is not None and ref.branch)):
            self.named.emit(text)
        self.searched.emit(self.query)

    def _on_changed(self, text: str) -> None:
        self._is_pasted = _letters_added(self._before, text) > 1
        self._before = text
        if not text:
            self._pause.stop()
            self._ask()


def _letters_added(before: str, now: str) -> int:
    """How many letters of a text stand in one place where another had something else."""
    begin = _alike(before, now)
    return len(now) - begin - _alike(before[begin:][::-1], now[begin:][::-1])


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _is_page(text: str) -> bool:
    """Whether it looks like the address of a model's page; on which hosts those are, the Hub's child knows."""
    _, scheme, place = text.partition("://")
    return bool(scheme) and len([part for part in place.split("/") if part]) > 2


def _named_repo(text: str) -> RepoRef | None:
    try:
        return parse_repo_ref(text)
    except NotARepo:
        return None
