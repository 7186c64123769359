"""Before a link of a reply is opened, its whole target is shown.

Window process, interface thread.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from app.ui.text_dialog import MessageDialog

_SCHEMES = {"http", "https", "mailto"}


def ask_to_open(target: str, parent: QWidget) -> MessageDialog:
    """Ask whether to open `target` in the system's browser; other schemes can only be copied."""
    url = QUrl(target, QUrl.ParsingMode.StrictMode)
    can_open = url.isValid() and url.scheme().lower() in _SCHEMES
    heading = _tr("Open this link in the browser?") if can_open else _tr("Parley does not open links of this kind.")
    warning = caution_about(url) if can_open else ""
    shown = _breakable(target) + (f"\n\n{warning}" if warning else "")
    dialog = MessageDialog(_tr("Link"), heading, shown, parent)
    dialog.add_button(_tr("Copy"), lambda: QGuiApplication.clipboard().setText(target))
    dialog.add_button(_tr("Cancel"), dialog.reject, default=not can_open or bool(warning))
    if can_open:
        dialog.add_button(_tr("Open"), lambda: QDesktopServices.openUrl(url), default=not warning)
    dialog.open()
    return dialog


def tooltip_of(target: str) -> str:
    """A link's target as a tooltip, which is read as text whatever it contains."""
    warning = caution_about(QUrl(target))
    return f"<p style='white-space:pre-wrap'>{escape(_breakable(target) + (chr(10) + warning if warning else ''))}</p>"


def caution_about(url: QUrl) -> str:
    """What makes an address doubtful, as a sentence; nothing for a plain one."""
    host = url.host(QUrl.ComponentFormattingOption.FullyEncoded)
    if url.userInfo() and url.scheme().lower() != "mailto":
        return _tr("The part before “@” is not the site: it leads to {host}.").format(host=host)
    if any(part.startswith("xn--") for part in host.split(".")):
        return _tr("The name of this site has unusual letters: it is {host}.").format(host=host)
    if host.replace(".", "").isdigit() or ":" in host:
        return _tr("This site has a number instead of a name.")
    if url.scheme().lower() == "http":
        return _tr("What is sent to this site can be read by others on the way.")
    return ""


def _breakable(target: str) -> str:
    # A long address has no place to wrap; an invisible space offers one and is never copied by Copy.
    shown = target if len(target) <= 600 else f"{target[:400]} … {target[-200:]}"
    return "\u200b".join(shown[start : start + 40] for start in range(0, len(shown), 40))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Links", text)
