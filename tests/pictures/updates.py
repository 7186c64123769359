"""Make pictures of About and of a newer version: `python -m tests.pictures.updates FOLDER [--dark]`; on a display."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog

from app.core.paths import about_texts
from app.core.program.update_errors import UpdatePackageDamaged, UpdateUnsigned
from app.core.program.updates import Release
from app.ui.about import AboutDialog
from app.ui.update_dialog import UpdateDialog
from tests.pictures.dialogs import picture_dialogs

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


if __name__ == "__main__":
    picture_dialogs(__doc__, SCENES)
