"""What stands below the bar of a model's need: every word of it can be read, however little room there is."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.models.fit_bar import DeviceLoad, Legend
from app.ui.theme import LIGHT

GB = 10**9


def test_the_legend_takes_two_rows_where_one_has_no_room(qtbot: QtBot) -> None:
    legend = Legend(LIGHT)
    qtbot.addWidget(legend)
    legend.show_loads([DeviceLoad("memory", 8 * GB, 5 * GB, 3 * GB, GB, 2 * GB)])
    legend.resize(2000, 60)
    legend.show()
    entries = [entry for entry in legend.children() if isinstance(entry, QWidget)]
    qtbot.waitUntil(lambda: len({entry.y() for entry in entries}) == 1)
    legend.resize(sum(entry.sizeHint().width() for entry in entries) // 2 + 60, 60)
    qtbot.waitUntil(lambda: len({entry.y() for entry in entries}) == 2)
    assert all(entry.geometry().right() < legend.width() for entry in entries)
