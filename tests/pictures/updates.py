"""Make pictures of About and of a newer version: `python -m tests.pictures.updates FOLDER [--dark]`; on a display."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QDialog

from app.core.paths import about_texts
from app.core.update_errors import UpdatePackageDamaged, UpdateUnsigned
from app.core.updates import Release
from app.ui.about import AboutDialog
from app.ui.theme import Appearance, ThemeSource
from app.ui.update_dialog import UpdateDialog
from tests.pictures.__main__ import settle

CHANGES = """### Added

- Two windows side by side, each with a conversation of its own.
- Replies can be read aloud by the system's voice.

### Fixed

- A long table was cut off when it was printed.
"""
RELEASE = Release(version="0.2.0", date="2027-01-15", changes=CHANGES, packages=())
PACKAGE = Path("/home/ada/.cache/parley/updates/parley_0.2.0_amd64.deb")


def about() -> QDialog:
    dialog = AboutDialog(*about_texts())
    dialog.offer_look(lambda: None)
    dialog.show_found(str(UpdateUnsigned(host="parley.example.org")))
    return dialog


def newer() -> UpdateDialog:
    return UpdateDialog(RELEASE, "0.1.0")


def fetching() -> QDialog:
    dialog = newer()
    dialog.show_progress(23_000_000, 57_700_000)
    return dialog


def damaged() -> QDialog:
    dialog = newer()
    dialog.show_error(UpdatePackageDamaged(file=PACKAGE.name))
    return dialog


def handed_over() -> QDialog:
    dialog = newer()
    dialog.show_handed_over(PACKAGE, opened=True)
    return dialog


def in_its_folder() -> QDialog:
    dialog = newer()
    dialog.show_handed_over(PACKAGE.with_name("Parley-0.2.0-x86_64.run"), opened=False)
    return dialog


SCENES: dict[str, Callable[[], QDialog]] = {
    "about": about,
    "update": newer,
    "update-fetching": fetching,
    "update-damaged": damaged,
    "update-done": handed_over,
    "update-folder": in_its_folder,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    source = ThemeSource(application, Appearance.DARK if args.dark else Appearance.LIGHT)
    for name, make in SCENES.items():
        dialog = make()
        dialog.show()
        settle()
        dialog.grab().save(str(args.folder / f"{name}-{source.theme.name}.png"))
        dialog.close()


if __name__ == "__main__":
    main()
