"""Pictures of the settings' pages and the presets' editor: `python -m tests.pictures.settings FOLDER [--dark]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from app.bootstrap.program import Program, build
from app.core.ledger import LedgerEntry, Purpose, ledger_path
from app.core.paths import Folders
from app.core.setting import Page
from tests.pictures.__main__ import MODEL, settle, wait_for


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


def keep(widget: QWidget, folder: Path, name: str) -> None:
    settle()
    widget.grab().save(str(folder / f"{name}.png"))


def picture_settings(program: Program, folder: Path, theme: str) -> None:
    dialog = program.desks.settings.show_settings()
    for page in Page:
        dialog.show_page(page)
        keep(dialog, folder, f"settings-{page}-{theme}")
    dialog.search.setText("model")
    keep(dialog, folder, f"settings-search-{theme}")
    dialog.search.setText("nonsense")
    keep(dialog, folder, f"settings-nothing-{theme}")
    dialog.show_page(Page.SHORTCUTS)
    dialog.row("shortcuts.new_chat").field.edited.emit("Ctrl+K")
    keep(dialog, folder, f"settings-conflict-{theme}")
    program.preferences.set("appearance.density", "compact")
    dialog.show_page(Page.NETWORK)
    dialog.resize(720, 480)
    dialog.row("network.proxy").field.edited.emit("proxy:3128")
    keep(dialog, folder, f"settings-compact-{theme}")
    program.preferences.reset("appearance.density")
    program.preferences.set("appearance.text_size", 140)
    dialog.resize(900, 640)
    dialog.show_page(Page.APPEARANCE)
    keep(dialog, folder, f"settings-large-{theme}")
    keep(program.window, folder, f"window-large-{theme}")
    program.preferences.reset("appearance.text_size")
    dialog.close()


def picture_presets(program: Program, folder: Path, theme: str) -> None:
    editor = program.desks.settings.show_presets()
    editor.begin("Translate")
    wait_for(lambda: "tokens" in editor.preview.state.text())
    keep(editor, folder, f"presets-{theme}")
    editor.form.description.setText("Changed")
    editor.form.edited.emit()
    editor.resize(900, 560)
    keep(editor, folder, f"presets-small-{theme}")
    editor._revert()
    editor.close()
    program.view.page.header.preset.open_menu()
    keep(program.view.page.header.preset.drop_down, folder, f"preset-menu-{theme}")
    program.view.page.header.preset.drop_down.close()
    translate = next(one for one in program.presets.presets if one.preset.name == "Translate")
    program.view.page.header.preset.chosen.emit(translate)
    dialog = next(child for child in program.view.children() if type(child).__name__ == "ValuesDialog")
    assert isinstance(dialog, QWidget)
    keep(dialog, folder, f"preset-values-{theme}")
    dialog.close()
    keep(program.window, folder, f"window-{theme}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    theme = "dark" if args.dark else "light"
    QApplication(sys.argv[:1]).setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as home:
        folders = Folders.of({"PARLEY_HOME": home})
        fill_ledger(folders)
        program = build(folders, [sys.executable, "-m", "tests.pictures.staged_engine", "done"])
        program.preferences.set("appearance.theme", theme)
        program.window.show()
        program.start()
        wait_for(lambda: bool(program.presets.presets))
        program.engine.load(MODEL)
        settle()
        picture_settings(program, args.folder, theme)
        picture_presets(program, args.folder, theme)
        program.window.close()
        program.close()


if __name__ == "__main__":
    main()
