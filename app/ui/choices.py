"""What a reply can be given with anew. Window process, interface thread."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.chat.presets import StoredPreset
from app.core.engine.models import ModelFile


class Choices:
    """The models and presets there are now; whoever learns of others puts them here."""

    def __init__(self) -> None:
        self.files: Sequence[ModelFile] = ()
        self.presets: Sequence[StoredPreset] = ()
