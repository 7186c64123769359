"""What the tests of the picker share: the dialog over real children, on machines that are simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.catalog.find.recommended import load_recommended
from app.core.paths import Folders, resources
from app.core.prediction.probe_frames import Machine
from app.core.protocol import ChildRole
from app.services.fit_service import FitService
from app.services.hub_service import HubService
from app.services.need_finder import NeedFinder
from app.services.relay import Relay
from app.ui.models.picker import PickerDialog
from app.ui.models.variant_rows import VariantRow
from app.ui.theme import ThemeSource
from tests.ui import seen

Opener = Callable[[Machine], PickerDialog]


@contextmanager
def opener(qtbot: QtBot, themed: ThemeSource, home: Path) -> Iterator[Opener]:
    """Opens pickers over the Hub of the environment, until the end."""
    folders, relay = Folders.of({"PARLEY_HOME": str(home)}), Relay()
    hub = HubService(child_starter(ChildRole.HUB, folders, None), relay)
    finders = []

    def show(machine: Machine) -> PickerDialog:
        fit = FitService()
        fit.set_machine(machine)
        needs = NeedFinder(hub, fit, child_starter(ChildRole.PROBE, folders, None), relay)
        finders.append(needs)
        models = load_recommended(resources())
        made = PickerDialog(hub, fit, needs, models, lambda: home / "data" / "models", themed.theme)
        qtbot.addWidget(made)
        with qtbot.waitActive(made):
            made.show()
            made.activateWindow()
        return made

    yield show
    for finder in finders:
        finder.shutdown()
    hub.shutdown()


def open_repo(qtbot: QtBot, dialog: PickerDialog, repo: str) -> None:
    dialog.search.field.setText(repo)
    qtbot.keyClick(dialog.search.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.view.page is not None)


def words(widget: QWidget) -> str:
    return "\n".join(seen.words(widget))


def buttons(widget: QWidget) -> list[QPushButton]:
    return [found for found in widget.findChildren(QPushButton) if found.isVisible()]


def row(dialog: PickerDialog, name: str) -> VariantRow:
    return next(row for row in dialog.view.table.rows if row.variant.name == name)


def starred(dialog: PickerDialog) -> list[str]:
    return [row.variant.name for row in dialog.view.table.rows if row.is_best]
