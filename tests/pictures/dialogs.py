"""Makes the pictures of a set of dialogs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QDialog

from app.ui.theme import ThemeSource
from tests.pictures.__main__ import settle
from tests.pictures.order import command_line, take_order


def picture_dialogs(description: str | None, scenes: Mapping[str, Callable[[], QDialog]]) -> None:
    """Show each dialog in the theme asked for, and save its picture in the folder asked for."""
    order = take_order(command_line(description, scenes, size=""))
    ThemeSource(order.application, order.appearance)
    for name in order.names:
        dialog = scenes[name]()
        dialog.show()
        settle()
        order.keep(dialog.grab(), name)
        dialog.close()
