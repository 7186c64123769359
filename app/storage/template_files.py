"""Saves and deletes the user's chat templates; `core.engine.templates` finds and reads them. On any thread."""

from __future__ import annotations

from app.core.engine.prompt_errors import TemplateFailed
from app.core.engine.templates import (
    MAX_SOURCE_CHARS,
    TemplateNameRefused,
    TemplateShips,
    UnknownTemplate,
    own_names,
    shipped_names,
    template_path,
)
from app.storage.faults import translated
from app.storage.files import write_whole


def save_template(name: str, source: str, *, old_name: str = "") -> None:
    """Write a template whole or not at all; whoever calls this has had it compiled.

    Args:
        name: what it is called.
        source: its Jinja source.
        old_name: the template that may be replaced; any other is kept.

    Raises:
        TemplateNameRefused: it cannot be called so, or another one is.
        TemplateFailed: no template may be as long.
        WorldError: as `translated`; what was there before is still there.
    """
    path = template_path(name)
    if name.casefold() in {other.casefold() for other in own_names() if other != old_name}:
        raise TemplateNameRefused(name=name, reason="another template is called so")
    if len(source) > MAX_SOURCE_CHARS:
        raise TemplateFailed(template=name, reason="it is too long")
    with translated(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, source.encode())


def delete_template(name: str) -> None:
    """Remove one of the user's templates; whoever has chosen it is told so when it is next needed.

    Raises:
        UnknownTemplate: there is none of this name.
        TemplateShips: it is not the user's.
        WorldError: as `translated`.
    """
    if name in shipped_names():
        raise TemplateShips(name=name)
    if name not in own_names():
        raise UnknownTemplate.of(name)
    path = template_path(name)
    with translated(path):
        path.unlink(missing_ok=True)
