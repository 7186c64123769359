"""What models are called in the window. Window process, interface thread."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.core.engine.models import ModelFile


def described(file: ModelFile) -> str:
    """A model's name and quantization, as `Llama 2 13B · Q4_K_M`, or where it runs."""
    identity = file.identity
    if identity.server:
        place = QCoreApplication.translate("ModelButton", "on {server}").format(server=identity.server)
        return f"{identity.name} · {place}"
    if identity.built_in:
        return QCoreApplication.translate("ModelButton", "{name} (built in)").format(name=identity.name)
    return f"{identity.name} · {identity.quantization}" if identity.quantization else identity.name
