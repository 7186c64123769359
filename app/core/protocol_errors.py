"""What can go wrong between this process and a child."""

from __future__ import annotations

from app.core.errors import WorldError


class ProtocolBroken(WorldError):
    """A child process sent something that is not a frame of this version."""

    text = "A background process answered in a way Parley does not understand."
    advice = "Restart Parley; if you have just updated it, this is enough."
