"""The picker's left side: what a search found, or what is recommended while nothing is searched for.

Window process, interface thread. It asks the hub service, and emits the repo that was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.core.catalog.hub import Recommendation, RepoSummary, SearchPage, SearchQuery
from app.core.errors import ParleyError
from app.core.prediction.fit import Fit
from app.core.sizes import format_bytes, format_count
from app.services.fit_service import FitService
from app.services.hub_service import HubService, Question
from app.ui.labels import wrapped_label
from app.ui.models import words
from app.ui.models.repo_list import RepoList, RepoRow
from app.ui.models.settings_button import SettingsButton


class FoundPane(QFrame):
    """A titled list of repos. `suggestion` is the recommended model that suits this machine best, if one does."""

    chosen = Signal(str)
    settings_requested = Signal(str)  # the key of the setting that stands in the way

    def __init__(
        self,
        hub: HubService,
        fit: FitService,
        recommended: Sequence[Recommendation],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._hub = hub
        self._fit = fit
        self._recommended = tuple(recommended)
        self._query: SearchQuery | None = None
        self._by_fit = False
        self._cursor = ""
        self._goes_on = False  # with what was found, to its next page
        self._takes_focus = False
        self._marked = ""
        self.suggestion: Recommendation | None = None
        self.repos = RepoList()
        self._title = wrapped_label("small")
        self._state = wrapped_label("muted")
        self._retry = QPushButton(self.tr("Try again"))
        self._settings = SettingsButton()
        self._lay_out()
        hub.found.connect(self._on_found)
        hub.failed.connect(self._on_failed)
        self.repos.chosen.connect(self.chosen)
        self.repos.more_wanted.connect(self._more)
        self._retry.clicked.connect(self.ask_again)
        self._settings.requested.connect(self.settings_requested)

    @property
    def is_searching(self) -> bool:
        """Whether something is searched for; otherwise models are recommended."""
        return self._query is not None

    def recommended(self, repo: str) -> Recommendation | None:
        """The recommendation that names a repo, while recommendations are shown."""
        if self.is_searching:
            return None
        return next((one for one in self._recommended if one.repo.lower() == repo.lower()), None)

    def search(self, query: SearchQuery | None, *, by_fit: bool = False) -> None:
        """Ask the Hub, or go back to what is recommended."""
        if query is not None and (query, by_fit) == (self._query, self._by_fit) and self.repos.rows:
            return
        self._query, self._by_fit, self._goes_on = query, by_fit, False
        if query is None:
            self.recommend()
        else:
            self._title.setText(self.tr("Found on the Hub"))
            self._say(self.tr("Searching…"))
            self._hub.search(query)

    def recommend(self) -> None:
        """List the models to begin with, in the order that suits this machine; nothing is asked for that."""
        self._query = None
        fitting = self._fit.recommend(self._recommended)
        known = self._fit.hardware is not None
        self.suggestion = fitting[0][0] if fitting else None
        found = fitting if known else [(one, None) for one in self._recommended]
        self._show(
            self.tr("Good on this machine") if known else self.tr("Good to begin with"),
            [_recommended_row(model, fit) for model, fit in found],
        )
        if known and not fitting:
            self._say(self.tr("No recommended model fits into the free memory. Close other programs, or search."))

    def mark(self, repo: str) -> None:
        """Show a repo as the chosen one, now and when it is listed again."""
        self._marked = repo
        self.repos.mark(repo)

    def _on_found(self, page: SearchPage, goes_on: bool) -> None:
        if self._query is None:
            return  # the words were taken back before this came
        self._cursor = page.cursor
        rows = self._rows(page.repos)
        if goes_on:
            self._tell("")
            self.repos.add_rows(rows, has_more=bool(page.cursor))
            self._give_focus(self.repos)
            if self._by_fit:
                self._title.setText(self.tr("Ranked page by page, most downloaded first"))
            return
        title = self.tr("Found on the Hub")
        if self._by_fit:
            title = self.tr("Best fits of the {count} most downloaded").format(count=format_count(len(rows)))
        self._show(title, rows, has_more=bool(page.cursor))
        if not rows:
            self._say(self.tr("Nothing was found. Try fewer words, or another format."))

    def _rows(self, repos: Sequence[RepoSummary]) -> list[RepoRow]:
        if not self._by_fit:
            return [_found_row(repo, words.repo_remark(repo)) for repo in repos]
        return [_ranked_row(repo, fit) for repo, fit in self._fit.sort_by_fit(repos)]

    def ask_again(self) -> None:
        """Ask once more what came to nothing; whoever pressed the button for it goes on with what is found."""
        if not self._retry.isVisibleTo(self):
            return
        self._takes_focus = self._retry.hasFocus()
        if self._goes_on:
            self._tell(self.tr("Searching…"))
            self._more()
        else:
            query, self._query = self._query, None
            self.search(query, by_fit=self._by_fit)

    def _on_failed(self, question: Question, error: ParleyError) -> None:
        """What was found before stays, where the next page of it cannot be had."""
        if question is not Question.SEARCH or self._query is None:
            return
        if not self._goes_on:
            self._clear()
        self._tell(f"{error.sentence} {error.next_step}")
        self._settings.offer(error)
        self._retry.show()
        self._give_focus(self._retry)

    def _more(self) -> None:
        if self._query is not None and self._cursor:
            self._goes_on = True
            self._hub.search(self._query, self._cursor)

    def _show(self, title: str, rows: Sequence[RepoRow], *, has_more: bool = False) -> None:
        self._title.setText(title)
        self._title.setToolTip(
            self.tr("What each model would need is estimated from its size, at about four bits per weight.")
            if self._by_fit and self.is_searching
            else ""
        )
        self._goes_on = False
        self._tell("")
        self.repos.show()
        self.repos.set_rows(rows, has_more=has_more)
        self.repos.mark(self._marked)
        self._give_focus(self.repos)

    def _say(self, text: str) -> None:
        """Say something in place of a list."""
        self._clear()
        self._tell(text)

    def _clear(self) -> None:
        self.repos.set_rows([])
        self.repos.hide()

    def _tell(self, text: str) -> None:
        """Say something, below the list if there is one; nothing is offered with it."""
        self._state.setText(text)
        self._state.setVisible(bool(text))
        self._retry.hide()
        self._settings.hide()

    def _give_focus(self, widget: QWidget) -> None:
        if self._takes_focus:
            self._takes_focus = False
            widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        self.setProperty("kind", "card")
        inner = QVBoxLayout(self)
        inner.setContentsMargins(8, 12, 8, 8)
        inner.setSpacing(6)
        self._title.setContentsMargins(12, 0, 12, 0)
        self._state.setContentsMargins(12, 4, 12, 0)
        inner.addWidget(self._title)
        inner.addWidget(self.repos, 1)
        inner.addWidget(self._state)
        inner.addWidget(self._settings, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addStretch(0)
        self._retry.setAutoDefault(False)
        self._retry.hide()


def _recommended_row(model: Recommendation, fit: Fit | None) -> RepoRow:
    facts = [model.variant, format_bytes(model.bytes), *([words.estimated_place(fit)] if fit is not None else [])]
    return RepoRow(model.repo, model.name, " · ".join(facts), tip=words.recommended_for(model))


def _found_row(repo: RepoSummary, remark: str, tip: str = "") -> RepoRow:
    return RepoRow(repo.id, repo.id.partition("/")[2], remark, tip)


def _ranked_row(repo: RepoSummary, fit: Fit | None) -> RepoRow:
    remark = f"{words.estimated_place(fit)} · {words.repo_remark(repo)}"
    return _found_row(repo, remark, words.estimate(repo.id, fit) if fit is not None else "")
