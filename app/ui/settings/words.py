"""What the settings table says, in the user's language.

Window process, interface thread.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

from app.core.program.setting import Effect, Page, Setting

_WORD = re.compile(r"\w+")


def said(text: str) -> str:
    """A title, a help or a choice's name of the settings table."""
    return QCoreApplication.translate("Settings", text) if text else ""


def page_name(page: Page) -> str:
    """What a page is called."""
    return {
        Page.APPEARANCE: _tr("Appearance"),
        Page.BEHAVIOUR: _tr("Behaviour"),
        Page.MODELS: _tr("Models and folders"),
        Page.NETWORK: _tr("Downloads and network"),
        Page.PRIVACY: _tr("Privacy"),
        Page.SHORTCUTS: _tr("Shortcuts"),
        Page.DATA: _tr("Data"),
    }[page]


def speaks_of(words: str, *texts: str) -> bool:
    """Whether all words that someone searches for stand in these texts."""
    where, wanted = " ".join(texts).casefold(), words.casefold()
    return all(word in where for word in _WORD.findall(wanted) or [wanted])


def explained(setting: Setting) -> str:
    """The help of a setting, with what a change needs."""
    needs = {
        Effect.NOW: "",
        Effect.NEXT_DOWNLOAD: _tr("Counts for what is searched or downloaded from then on."),
        Effect.NEXT_START: _tr("Counts from the next start on."),
    }[setting.effect]
    return f"{said(setting.help)} {needs}".strip()


def _tr(text: str) -> str:
    return QCoreApplication.translate("SettingsPages", text)
