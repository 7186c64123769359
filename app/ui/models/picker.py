"""The dialog “Choose a model”: find, see what fits, and fetch.

Window process, interface thread. It asks the hub service, and emits what is to be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.catalog.find.repo_ref import parse_repo_ref
from app.core.catalog.hub import Recommendation, RepoPage, SearchPage, SearchQuery, Variant
from app.core.catalog.hub_errors import NotARepo
from app.core.checkpoints.preparing import Original, Wishes
from app.core.engine.loading import LoadOptions
from app.core.errors import ParleyError
from app.services.fit_service import FitService
from app.services.hub_service import HubService, Question
from app.services.need_finder import NeedFinder
from app.ui.fitting_dialog import BoundedDialog
from app.ui.labels import plain_label
from app.ui.links import ask_to_open
from app.ui.models import words
from app.ui.models.footer import Footer
from app.ui.models.found_pane import FoundPane
from app.ui.models.repo_view import RepoView
from app.ui.models.search_bar import SearchBar
from app.ui.models.token_entry import TokenEntry
from app.ui.text_dialog import TextDialog
from app.ui.theme import Theme

_LIST_WIDTH = 288
_NARROW_LIST_WIDTH = 216
_NARROW = 960


@dataclass(frozen=True)
class Wanted:
    """A variant to download, and what to do with it then."""

    variant: Variant
    wishes: Wishes


class PickerDialog(BoundedDialog):
    """Shows the machine, the repos, and one repo's variants."""

    download_requested = Signal(object)  # Wanted
    settings_requested = Signal(str)  # the key of a setting
    folders_requested = Signal()

    def __init__(
        self,
        hub: HubService,
        fit: FitService,
        needs: NeedFinder,
        recommended: Sequence[Recommendation],
        folder: Callable[[], Path],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """`folder` tells where downloads go now."""
        super().__init__(parent)
        self._hub = hub
        self._fit = fit
        self._needs = needs
        self._theme = theme
        self._asked = ""
        self.setWindowTitle(self.tr("Choose a model"))
        self.resize(1080, 720)
        self.setMinimumSize(820, 560)
        self._machine = plain_label("muted")
        self._machine.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self.search = SearchBar()
        self.found = FoundPane(hub, fit, recommended)
        self.view = RepoView(fit, theme)
        self.footer = Footer(folder)
        self._token = TokenEntry(hub, self)
        self._lay_out()
        self._connect()
        self.show_machine()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the search field."""
        super().showEvent(event)
        self.search.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the list less where there is little."""
        super().resizeEvent(event)
        self.found.setFixedWidth(_NARROW_LIST_WIDTH if event.size().width() < _NARROW else _LIST_WIDTH)

    def show_machine(self) -> None:
        """The machine is known, or has changed."""
        hardware = self._fit.hardware
        self._machine.setText(words.machine_line(hardware) if hardware else self.tr("Looking at this machine…"))
        if not self.found.is_searching and not self.found.repos.currentIndex().isValid():
            self._recommend()
        self.view.rank()
        self.show_footer()

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        self._theme = theme
        self.view.set_theme(theme)

    def open_repo(self, text: str) -> None:
        """Read a repo that was chosen or named."""
        self._asked = text
        name = _repo_named(text)
        self.found.mark(name)
        self.view.show_reading(name)
        self.show_footer()
        self._hub.open_repo(text)

    def ask_again(self) -> None:
        """Ask once more what could not be had."""
        self.found.ask_again()
        if self.view.has_failed:
            self._again()

    def _search(self, query: SearchQuery | None) -> None:
        if query is None:
            self._recommend()
        else:
            self.found.search(query, by_fit=self.search.sorts_by_fit)

    def _show_what_fits(self) -> None:
        """Forget what was searched, and begin again with what suits this machine."""
        self.search.clear()
        self.found.mark("")
        self._recommend()
        self.view.show_invitation(self.found.suggestion)
        self.show_footer()

    def _recommend(self) -> None:
        self.found.recommend()
        if self.view.page is None:
            self.view.show_invitation(self.found.suggestion)

    def _again(self) -> None:
        if self._asked:
            self.open_repo(self._asked)

    def _on_found(self, found: SearchPage) -> None:
        """Among what was found one is to be chosen; where nothing was, the suggestion is still a way on."""
        if self.view.invites and self.found.is_searching:
            self.view.show_invitation(None if found.repos else self.found.suggestion)

    def _on_opened(self, page: RepoPage) -> None:
        recommended = self.found.recommended(page.summary.id)
        wanted = recommended.variant if recommended else ""
        self.view.show_page(page, wanted if self._is_sound(page, wanted) else "")
        self.show_footer()
        focused = self.focusWidget()
        if focused is not None and not focused.isVisible():  # what asked for the token is no longer needed
            self.view.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _is_sound(self, page: RepoPage, name: str) -> bool:
        """Whether a recommended variant fits at all."""
        variants = [variant for variant in page.variants if variant.name == name]
        return any(fit.verdict.fits for fit in self._fit.rank(variants, LoadOptions()).fits)

    def _on_failed(self, question: Question, error: ParleyError) -> None:
        if question is Question.REPO:
            self.view.show_failed(error)
            self.show_footer()

    def _measure(self) -> None:
        """Have llama.cpp itself tell what the chosen and the starred variant need."""
        page = self.view.page
        readable = page is not None and page.refusal is None
        asked = [one for one in self.view.looked_at if one.header_file] if readable else []
        self._needs.want(asked, self.view.options)

    def _open_page(self) -> None:
        if self.view.address:
            ask_to_open(self.view.address, self)

    def _show_card(self) -> None:
        from app.ui.models.card import CardDialog

        if self.view.page is not None:
            CardDialog(self.view.page, self._theme, self).open()

    def _show_files(self) -> None:
        variant = self.view.variant
        if variant is not None:
            intro = f"{variant.repo} · {variant.branch} · {variant.name}"
            TextDialog(self.tr("Files"), intro, words.file_list(variant), self).open()

    def _download(self) -> None:
        variant, page = self.view.variant, self.view.page
        if variant is None or page is None:
            return
        wishes = Wishes(
            choice=variant.becomes.choice if variant.becomes is not None else None,
            original=self._original,
            options=self.view.options,
            prompt_template=page.prompt_template,
        )
        self.download_requested.emit(Wanted(variant, wishes))
        self.accept()

    @property
    def _original(self) -> Original:
        return Original.DELETE if self.view.prepare.remove.isChecked() else Original.KEEP

    def show_footer(self) -> None:
        """Say what can be done with what is chosen, as things are now."""
        self.footer.show_chosen(self.view.page, self.view.variant, self._original, fits=self.view.fits)

    def _connect(self) -> None:
        self._hub.found.connect(self._on_found)
        self._hub.repo_opened.connect(self._on_opened)
        self._hub.failed.connect(self._on_failed)
        self._needs.opened.connect(self.view.replace)
        self._needs.measured.connect(lambda _: self.view.rank())
        self._token.changed.connect(self._again)
        self.search.searched.connect(self._search)
        self.search.named.connect(self.open_repo)
        self.found.chosen.connect(self.open_repo)
        self.found.settings_requested.connect(self.settings_requested)
        self.view.settings_requested.connect(self.settings_requested)
        self.view.variant_chosen.connect(lambda _: self.show_footer())
        self.view.fits_changed.connect(self.show_footer)
        self.view.looked_at_changed.connect(self._measure)
        self.view.prepare.changed.connect(self.show_footer)
        self.view.repo_requested.connect(self.open_repo)
        self.view.retry_requested.connect(self._again)
        self.view.token_requested.connect(self._token.ask)
        self.view.page_requested.connect(self._open_page)
        self.footer.card_requested.connect(self._show_card)
        self.footer.files_requested.connect(self._show_files)
        self.footer.download_requested.connect(self._download)
        self.footer.folders_requested.connect(self.folders_requested)
        self.footer.fitting_requested.connect(self._show_what_fits)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        title = QLabel(self.tr("Choose a model"))
        title.setProperty("kind", "title")
        head.addWidget(title)
        head.addSpacing(16)
        head.addWidget(self._machine, 1)
        body = QHBoxLayout()
        body.setSpacing(14)
        body.addWidget(self.found)
        body.addWidget(self.view, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(14)
        column.addLayout(head)
        column.addWidget(self.search)
        column.addLayout(body, 1)
        column.addWidget(self.footer)


def _repo_named(text: str) -> str:
    try:
        return parse_repo_ref(text).repo
    except NotARepo:
        return text
