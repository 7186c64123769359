"""The picker's right side: one repo, its variants, and how the chosen one fits; or why there is none.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QPushButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.core.catalog.hub import Recommendation, RepoPage, Variant
from app.core.catalog.hub_errors import RepoGated, RepoNotFound, TokenRejected
from app.core.engine.loading import LoadOptions
from app.core.errors import ParleyError
from app.services.fit_service import FitService, Ranked
from app.ui.chat.panel import Panel, set_primary
from app.ui.models import words
from app.ui.models.access import AccessBar
from app.ui.models.fit_panel import FitPanel
from app.ui.models.prepare_bar import PrepareBar
from app.ui.models.settings_button import SettingsButton
from app.ui.models.variant_rows import VariantRow
from app.ui.models.variant_table import VariantTable
from app.ui.theme import Theme

_TOKEN_HELPS = (RepoGated, RepoNotFound, TokenRejected)


class RepoView(QStackedWidget):
    """Emits what the user asks for; shows what it is given. `address` is where access may be asked for."""

    variant_chosen = Signal(object)  # Variant
    looked_at_changed = Signal()
    fits_changed = Signal()
    repo_requested = Signal(str)
    retry_requested = Signal()
    token_requested = Signal()
    page_requested = Signal()
    settings_requested = Signal(str)  # the key of the setting that stands in the way

    def __init__(self, fit: FitService, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fit = fit
        self.page: RepoPage | None = None
        self.address = ""
        self._variants: list[Variant] = []
        self._ranked = Ranked(())
        self._suggested = ""
        self.fits = True  # whether the chosen variant does, or as long as nobody knows
        self._invitation = self._make_invitation()
        self._reading = self._make_reading()
        self._failed = self._make_failed()
        self._empty = Panel("notice", self.tr("Nothing in here is a model that Parley knows"), "")
        self.access = AccessBar()
        self.table = VariantTable(theme)
        self.panel = FitPanel(theme)
        self.prepare = PrepareBar(removes=True)
        self._content = self._make_content()
        for widget in (self._invitation, self._reading, self._failed, self._empty, self._content):
            self.addWidget(widget)
        self.table.chosen.connect(self._on_chosen)
        self.panel.changed.connect(self.rank)
        self.prepare.changed.connect(self.rank)
        self.access.page_requested.connect(self.page_requested)
        self.access.token_requested.connect(self.token_requested)

    @property
    def variant(self) -> Variant | None:
        """The chosen variant."""
        row = self.table.current
        return row.variant if row is not None and self.currentWidget() is self._content else None

    @property
    def invites(self) -> bool:
        """Whether nothing was chosen yet."""
        return self.currentWidget() is self._invitation

    @property
    def has_failed(self) -> bool:
        """Whether the repo that was asked for could not be read."""
        return self.currentWidget() is self._failed

    @property
    def looked_at(self) -> tuple[Variant, ...]:
        """The chosen variant, and the starred one if that is another."""
        chosen, best = self.variant, self._ranked.best
        found = [one for one in (chosen, best) if one is not None and self.page is not None]
        return tuple(found[:1] if chosen == best else found)

    @property
    def options(self) -> LoadOptions:
        """How it would be loaded."""
        return self.panel.options

    def show_invitation(self, suggested: Recommendation | None) -> None:
        """Nothing is chosen yet; one may be suggested."""
        self.page = None
        self._suggested = suggested.repo if suggested else ""
        title = self.tr("{name} suits this machine").format(name=suggested.name) if suggested else ""
        self._invitation.title.setText(title or self.tr("Choose a model at the left"))
        self._invitation.text.setText(words.recommended_for(suggested) if suggested else "")
        self._see.setVisible(suggested is not None)
        self.setCurrentWidget(self._invitation)

    def show_reading(self, repo: str) -> None:
        """The repo is being read."""
        self.page = None
        self._reading.title.setText(self.tr("Reading {repo}").format(repo=repo))
        self.setCurrentWidget(self._reading)

    def show_failed(self, error: ParleyError) -> None:
        """The repo cannot be read."""
        self.page = None
        self._failed.title.setText(error.sentence)
        self._failed.text.setText(error.next_step)
        self.address = str(error.values.get("address", ""))
        self._outside.setVisible(bool(self.address))
        self._token.setVisible(isinstance(error, _TOKEN_HELPS))
        self._settings.offer(error)
        set_primary(self._outside, isinstance(error, RepoGated))
        set_primary(self._token, isinstance(error, TokenRejected))
        set_primary(self._settings, self._settings.helps(error))
        set_primary(self._again, not isinstance(error, (RepoGated, TokenRejected)) and not self._settings.helps(error))
        self.setCurrentWidget(self._failed)

    def show_page(self, page: RepoPage, wanted: str = "") -> None:
        """Show a repo; `wanted` is the name of the variant to begin with, the best one by default."""
        self.page = page
        self._variants = list(page.variants)
        error = page.refusal.error() if page.refusal else None
        self.access.show_error(error)
        self.address = str(error.values.get("address", "")) if error else ""
        if not self._variants and error is not None:
            self.show_failed(error)
            return
        if not self._variants:
            self._empty.text.setText(page.summary.id)
            self.setCurrentWidget(self._empty)
            return
        self.panel.set_longest(max(variant.context_length for variant in self._variants))
        self.setCurrentWidget(self._content)
        self.table.set_rows([])
        self.rank()
        named = next((variant for variant in self._variants if variant.name == wanted), None)
        self.table.choose(named or self._ranked.best or self._variants[0])

    def replace(self, variant: Variant) -> None:
        """Take what was read of a variant's headers in place of what was estimated."""
        for number, known in enumerate(self._variants):
            if (known.repo, known.branch, known.header_file) == (variant.repo, variant.branch, variant.header_file):
                self._variants[number] = variant
                self.rank()

    def rank(self) -> None:
        """Tell every variant's need and verdict anew, at the context and KV type that are chosen."""
        if self.page is None:
            return
        variants = [self.prepare.chosen(variant) for variant in self._variants]
        self._ranked = ranked = self._fit.rank(variants, self.panel.options)
        fits: Sequence[object] = ranked.fits or [None] * len(variants)
        rows = [
            VariantRow(variant, fit, is_best=variant is ranked.best)  # type: ignore[arg-type]
            for variant, fit in zip(variants, fits, strict=True)
        ]
        self.table.set_rows(rows)
        self._explain()
        self.looked_at_changed.emit()

    def set_theme(self, theme: Theme) -> None:
        """Draw with another theme."""
        self.table.set_theme(theme)
        self.panel.set_theme(theme)
        self._explain()

    def _on_chosen(self, variant: Variant) -> None:
        self._explain()
        self.variant_chosen.emit(variant)
        self.looked_at_changed.emit()

    def _explain(self) -> None:
        row, hardware = self.table.current, self._fit.hardware
        self.panel.setEnabled(row is not None and row.fit is not None)
        self.prepare.show_variant(row.variant if row is not None else None)
        self._tell_whether_it_fits(row is None or row.fit is None or row.fit.verdict.fits)
        if row is None or row.fit is None or hardware is None:
            return
        others = [(other.variant, other.fit) for other in self.table.rows if other.fit is not None]
        reason = words.reason(row.variant, row.fit, self._ranked.best, self._ranked.reason, others)
        run = self._fit.last_run(row.variant)
        past = [words.predicted_and_measured(run)] if run is not None else []
        self.panel.show_fit(row.variant, row.fit, hardware, " ".join([reason, *past]))

    def _tell_whether_it_fits(self, fits: bool) -> None:
        if fits != self.fits:
            self.fits = fits
            self.fits_changed.emit()

    def _make_content(self) -> QScrollArea:
        card = QFrame()
        card.setProperty("kind", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(8, 8, 8, 8)
        inner.addWidget(self.table)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.access)
        column.addWidget(card, 1)
        column.addWidget(self.panel)
        column.addWidget(self.prepare)
        return _scrolling(content)

    def _make_invitation(self) -> Panel:
        panel = Panel("model", "")
        self._see = panel.add_button(self.tr("See its variants"), primary=True)
        self._see.clicked.connect(lambda: self.repo_requested.emit(self._suggested))
        return panel

    def _make_reading(self) -> Panel:
        panel = Panel("model", "")
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(230)
        bar.setAccessibleName(self.tr("Reading the repo"))
        panel.column.insertWidget(2, bar, 0, Qt.AlignmentFlag.AlignHCenter)
        return panel

    def _make_failed(self) -> Panel:
        panel = Panel("notice", "")
        self._outside: QPushButton = panel.add_button(self.tr("Open its page…"))
        self._outside.clicked.connect(self.page_requested)
        self._token: QPushButton = panel.add_button(self.tr("Enter a token…"))
        self._token.clicked.connect(self.token_requested)
        self._settings = SettingsButton()
        self._settings.requested.connect(self.settings_requested)
        panel.buttons.addWidget(self._settings)
        self._again: QPushButton = panel.add_button(self.tr("Try again"))
        self._again.clicked.connect(self.retry_requested)
        return panel


def _scrolling(content: QWidget) -> QScrollArea:
    """Something whose parts keep their heights, and which scrolls where there is no room for them."""
    content.setProperty("kind", "clear")
    area = QScrollArea()
    area.setProperty("kind", "plain")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidgetResizable(True)
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    return area
