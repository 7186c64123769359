"""Pictures of the settings' pages and the presets' editor: `python -m tests.pictures.settings FOLDER [--dark]`."""

from __future__ import annotations

import sys
import tempfile
import time

from PySide6.QtWidgets import QWidget

from app.bootstrap.program import Program
from app.core.paths import Folders
from app.core.program.ledger import LedgerEntry, Purpose, ledger_path
from app.core.program.setting import Page
from tests.pictures.__main__ import MODEL, settle, wait_for
from tests.pictures.order import Order, command_line, take_order
from tests.program import build


def fill_ledger(folders: Folders) -> None:
    import msgspec

    now = time.time()
    entries = [
        LedgerEntry(now - 600 * age, host, purpose)
        for age, host, purpose in (
            (9, "huggingface.co", Purpose.SEARCH),
            (2, "huggingface.co", Purpose.DOWNLOAD),
            (1, "cdn-lfs.huggingface.co", Purpose.DOWNLOAD),
        )
    ]
    path = ledger_path(folders.logs)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))


def keep(widget: QWidget, order: Order, name: str) -> None:
    settle()
    order.keep(widget.grab(), name)


def picture_settings(program: Program, order: Order) -> None:
    dialog = program.desks.settings.show_settings()
    for page in Page:
        dialog.show_page(page)
        keep(dialog, order, f"settings-{page}")
    dialog.search.setText("model")
    keep(dialog, order, "settings-search")
    dialog.search.setText("nonsense")
    keep(dialog, order, "settings-nothing")
    dialog.show_page(Page.SHORTCUTS)
    dialog.row("shortcuts.new_chat").field.edited.emit("Ctrl+K")
    keep(dialog, order, "settings-conflict")
    program.ground.preferences.set("appearance.density", "compact")
    dialog.show_page(Page.NETWORK)
    dialog.resize(720, 480)
    dialog.row("network.proxy").field.edited.emit("proxy:3128")
    keep(dialog, order, "settings-compact")
    program.ground.preferences.reset("appearance.density")
    program.ground.preferences.set("appearance.text_size", 140)
    dialog.resize(900, 640)
    dialog.show_page(Page.APPEARANCE)
    keep(dialog, order, "settings-large")
    keep(program.window, order, "window-large")
    program.ground.preferences.reset("appearance.text_size")
    dialog.close()


def picture_presets(program: Program, order: Order) -> None:
    editor = program.desks.settings.show_presets()
    editor.begin("Translate")
    wait_for(lambda: "tokens" in editor.preview.state.text())
    keep(editor, order, "presets")
    editor.form.description.setText("Changed")
    editor.form.edited.emit()
    editor.resize(900, 560)
    keep(editor, order, "presets-small")
    editor._revert()
    editor.close()
    program.view.page.header.preset.open_menu()
    keep(program.view.page.header.preset.drop_down, order, "preset-menu")
    program.view.page.header.preset.drop_down.close()
    translate = next(one for one in program.chats.presets.presets if one.preset.name == "Translate")
    program.view.page.header.preset.chosen.emit(translate)
    dialog = next(child for child in program.view.children() if type(child).__name__ == "ValuesDialog")
    assert isinstance(dialog, QWidget)
    keep(dialog, order, "preset-values")
    dialog.close()
    keep(program.window, order, "window")


def main() -> None:
    order = take_order(command_line(__doc__))
    with tempfile.TemporaryDirectory() as home:
        folders = Folders.of({"PARLEY_HOME": home})
        fill_ledger(folders)
        program = build(folders, [sys.executable, "-m", "tests.pictures.staged_engine", "done"])
        program.ground.preferences.set("appearance.theme", order.appearance.value)
        program.window.resize(*order.size)
        program.window.show()
        program.start()
        wait_for(lambda: bool(program.chats.presets.presets))
        program.engines.engine.load(MODEL)
        settle()
        picture_settings(program, order)
        picture_presets(program, order)
        program.window.close()
        program.close()


if __name__ == "__main__":
    main()
