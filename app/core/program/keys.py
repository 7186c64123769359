"""Key combinations as text, such as `Ctrl+Shift+C`: which ones may be a shortcut of the whole window."""

from __future__ import annotations

import re

from app.core.language import said

_MODIFIERS = ("Ctrl", "Alt", "Shift", "Meta")
_NAMED = frozenset(
    {
        *("Tab", "Space", "Return", "Enter", "Ins", "Del", "Pause", "Print", "Home", "End", "Backspace", "Esc"),
        *("Left", "Up", "Right", "Down", "PgUp", "PgDown", "Menu", "Help"),
    }
)
_FUNCTION = re.compile(r"F([1-9]|[12][0-9]|3[0-5])")
_FIXED = frozenset(
    {
        *("Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Y", "Ctrl+Z", "Ctrl+Shift+V", "Ctrl+Shift+Z"),
        *("Ctrl+Return", "Ctrl+Enter", "Ctrl+Backspace", "Ctrl+Del", "Ctrl+Ins", "Shift+Ins", "Shift+Del"),
        *("Ctrl+Left", "Ctrl+Right", "Ctrl+Up", "Ctrl+Down", "Ctrl+Home", "Ctrl+End"),
        *("Ctrl+Shift+Left", "Ctrl+Shift+Right", "Ctrl+Shift+Home", "Ctrl+Shift+End"),
        *("Ctrl+Tab", "Ctrl+Shift+Tab", "Alt+F4", "F2", "Shift+F10"),
        *("Alt+Up", "Alt+Down", "Alt+Left", "Alt+Right", "Ctrl+="),
    }
)
"""What text fields, lists, the transcript and the window itself do with keys."""


def check_keys(keys: str) -> str:
    """Why these keys cannot be a shortcut; nothing if they can."""
    *modifiers, key = ["Ctrl", "+"] if keys == "Ctrl++" else keys.split("+")
    is_function = _FUNCTION.fullmatch(key) is not None
    is_letter = len(key) == 1 and key.isprintable() and key == key.upper()
    if not (is_function or is_letter or key in _NAMED) or modifiers != [one for one in _MODIFIERS if one in modifiers]:
        return said("expected keys such as Ctrl+Shift+N or F5")
    if not is_function and not {"Ctrl", "Alt", "Meta"} & set(modifiers):
        return said("without Ctrl or Alt it is typed into the message")
    if keys in _FIXED:
        return said("it is used in text fields and lists")
    return ""
