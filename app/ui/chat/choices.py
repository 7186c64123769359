"""What a reply can be given with anew. Window process, interface thread."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.models import ModelFile
from app.core.presets import StoredPreset


class Choices:
    """The models and presets there are now; whoever learns of others puts them here."""

    def __init__(self) -> None:
        self.files: Sequence[ModelFile] = ()
        self.presets: Sequence[StoredPreset] = ()
