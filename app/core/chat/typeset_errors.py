"""What can go wrong when a formula is drawn."""

from __future__ import annotations

from app.core.errors import UserError


class FormulaBroken(UserError):
    """It is not LaTeX, or of a kind that cannot be drawn; the window shows its source instead."""

    text = "This formula cannot be drawn."
    advice = "It is shown as it was written."
