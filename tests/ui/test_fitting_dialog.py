"""Dialogs are as high as their words need: at first, and when there are more of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from app.core.data.data_errors import DataFolderNested
from app.core.remote.servers import checked_server
from app.ui.data_move import MoveDialog
from app.ui.exchange.dialog import ExchangeDialog
from app.ui.fitting_dialog import BoundedDialog, FittingDialog
from app.ui.models.access import TokenDialog
from app.ui.server_consent import ConsentDialog
from app.ui.text_dialog import MessageDialog, TextDialog
from app.ui.theme import ThemeSource

SENTENCE = "What happened, in a rather long sentence, and what to do about it next. "
FOLDER = Path("/home/ada/" + "a folder with a name of some words/" * 3)


def cut_off(dialog: QDialog) -> list[str]:
    wrapped = [label for label in dialog.findChildren(QLabel) if label.wordWrap() and label.isVisible()]
    assert wrapped
    return [label.text() for label in wrapped if label.height() < label.heightForWidth(label.width())]


@pytest.fixture
def large_text(qapp: QApplication, themed: ThemeSource) -> Iterator[None]:
    before, larger = qapp.font(), qapp.font()
    larger.setPointSizeF(before.pointSizeF() * 2)
    qapp.setFont(larger)
    yield
    qapp.setFont(before)


@pytest.mark.usefixtures("large_text")
@pytest.mark.parametrize(
    "make",
    [
        lambda: MessageDialog("Delete", SENTENCE, SENTENCE * 4),
        lambda: TextDialog("Report", SENTENCE * 4, "text"),
        lambda: MoveDialog(FOLDER),
        lambda: ConsentDialog(checked_server("Workstation", "http://192.168.1.20:8000/v1", "", 60.0, []), "a-model"),
        lambda: TokenDialog(),
        lambda: ExchangeDialog("Import chats"),
    ],
)
def test_large_text_is_shown_whole(qtbot: QtBot, make: Callable[[], QDialog]) -> None:
    dialog = make()
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    assert cut_off(dialog) == []


def test_what_is_said_later_is_shown_whole(qtbot: QtBot, themed: ThemeSource) -> None:
    dialog = MoveDialog(Path("/data"))
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    dialog.show_error(DataFolderNested(folder=str(FOLDER), present="/data"))
    qtbot.waitUntil(lambda: cut_off(dialog) == [])
    low = dialog.minimumHeight()
    dialog.resize(1000, low)
    qtbot.waitUntil(lambda: dialog.minimumHeight() < low)


@pytest.mark.parametrize("kind", [BoundedDialog, FittingDialog])
def test_no_dialog_is_larger_than_its_screen(qtbot: QtBot, kind: type[BoundedDialog]) -> None:
    dialog = kind()
    qtbot.addWidget(dialog)
    room = dialog.screen().availableGeometry()
    dialog.resize(room.width() + 200, room.height() + 200)
    dialog.show()
    assert dialog.width() <= room.width() and dialog.height() <= room.height()
