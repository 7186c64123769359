"""The dialog about Parley."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QPlainTextEdit, QTextBrowser
from pytestqt.qtbot import QtBot

from app import __version__
from app.core.paths import about_texts
from app.ui.about import AboutDialog
from app.ui.theme import ThemeSource

CHANGES = f"# Changelog\n\nHow it is kept.\n\n## [{__version__}]\n\n### Added\n\n- A thing.\n"


def test_changes_and_licences_are_shown(qtbot: QtBot, themed: ThemeSource, tmp_path: Path) -> None:
    changes, licences = tmp_path / "CHANGELOG.md", tmp_path / "licences.txt"
    changes.write_text(CHANGES, encoding="utf-8")
    licences.write_text("Qt\n" + "words of a licence\n" * 10, encoding="utf-8")
    dialog = AboutDialog(changes, licences)
    qtbot.addWidget(dialog)
    page = dialog.tabs.widget(0)
    assert isinstance(page, QTextBrowser)
    assert page.toPlainText().split("\n") == [f"[{__version__}]", "Added", "A thing."]
    page = dialog.tabs.widget(1)
    assert isinstance(page, QPlainTextEdit)
    assert page.toPlainText() == ""
    dialog.tabs.setCurrentIndex(1)
    assert page.toPlainText().startswith("Qt\nwords of a licence")


def test_from_source_there_are_changes_and_no_licences(qtbot: QtBot, themed: ThemeSource) -> None:
    changes, licences = about_texts()
    assert changes.is_file() and not licences.exists()
    dialog = AboutDialog(changes, licences)
    qtbot.addWidget(dialog)
    assert dialog.tabs.count() == 1
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    page = dialog.tabs.widget(0)
    assert isinstance(page, QTextBrowser)
    page.setFocus()
    assert page.verticalScrollBar().maximum() > 0 and page.verticalScrollBar().value() == 0
