"""Parley's own versions in the window: About with its button, the word of a newer one, and the dialog that brings it.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app import __version__
from app.core.errors import ParleyError
from app.core.paths import about_texts
from app.core.program.updates import Release
from app.services.updates import Updates
from app.ui.about import AboutDialog
from app.ui.update_dialog import UpdateDialog

Offer = Callable[[str, str, Callable[[], object]], None]
"""Says a text for a while, with the name of something to do, and does it."""

_INSTALLERS = (".deb", ".dmg", ".exe")


def open_with_system(path: Path) -> bool:
    """Hand a file or a folder to the program that the system opens it with."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class UpdateDesk(QObject):
    """At most one dialog of each kind; without `updates` the program never looks for newer versions."""

    def __init__(
        self,
        window: QWidget,
        updates: Updates | None,
        offer: Offer,
        opened: Callable[[Path], bool] = open_with_system,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._updates = updates
        self._offer = offer
        self._open = opened
        self._about: AboutDialog | None = None
        self._dialog: UpdateDialog | None = None
        self._package: Path | None = None
        if updates is not None:
            updates.noticed.connect(self._tell_of)
            updates.found.connect(self.show_release)
            updates.none_newer.connect(self._tell_none)
            updates.failed.connect(self._tell_failure)
            updates.progress.connect(self._show_progress)
            updates.fetched.connect(self._hand_over)

    def watch(self) -> None:
        """Look for newer versions by itself from now on, if the user wants that."""
        if self._updates is not None:
            self._updates.watch()

    def shutdown(self) -> None:
        """End what is looked for or fetched."""
        if self._updates is not None:
            self._updates.shutdown()

    def show_about(self) -> AboutDialog:
        """What Parley is, and a way to ask for a newer version."""
        self._about = about = AboutDialog(*about_texts(), self._window)
        about.finished.connect(self._forget_about)
        if self._updates is not None:
            about.offer_look(self._updates.look)
        about.open()
        return about

    def show_release(self, release: Release) -> UpdateDialog:
        """What is new, over the window."""
        if self._about is not None:
            self._about.accept()
        if self._dialog is not None:
            self._dialog.reject()
        self._dialog = dialog = UpdateDialog(release, __version__, self._window)
        updates = self._updates
        assert updates is not None
        dialog.fetch_requested.connect(lambda: updates.fetch(release))
        dialog.cancel_requested.connect(self._stop)
        dialog.folder_requested.connect(self._open_folder)
        dialog.finished.connect(self._forget_dialog)
        dialog.open()
        return dialog

    def _tell_of(self, release: Release) -> None:
        text = self.tr("Parley {version} is there.").format(version=release.version)
        self._offer(text, self.tr("What is new?"), lambda: self.show_release(release))

    def _tell_none(self) -> None:
        if self._about is not None:
            self._about.show_found(self.tr("This is the newest version."))

    def _tell_failure(self, error: ParleyError) -> None:
        if self._dialog is not None:
            self._dialog.show_error(error)
        elif self._about is not None:
            self._about.show_found(str(error))

    def _show_progress(self, done: int, total: int) -> None:
        if self._dialog is not None:
            self._dialog.show_progress(done, total)

    def _hand_over(self, package: Path) -> None:
        self._package = package
        opened = package.suffix in _INSTALLERS and self._open(package)
        if self._dialog is not None:
            self._dialog.show_handed_over(package, opened=opened)

    def _stop(self) -> None:
        if self._updates is not None:
            self._updates.cancel()
        if self._dialog is not None:
            self._dialog.show_stopped()

    def _open_folder(self) -> None:
        if self._package is not None:
            self._open(self._package.parent)

    def _forget_about(self) -> None:
        self._about = None

    def _forget_dialog(self) -> None:
        """A package that nobody waits for is not fetched to its end."""
        self._dialog = None
        if self._updates is not None:
            self._updates.cancel()
