"""The addresses by which the Guide's replies lead to places of the window, such as `parley:models`."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import unquote

import msgspec

from app.core.program.setting import Page
from app.core.program.settings import SETTINGS

SCHEME = "parley:"


class Place(StrEnum):
    """What of the window such a link opens."""

    MODELS = "models"
    LIBRARY = "library"
    DOWNLOADS = "downloads"
    IMPORT = "import"
    PRESETS = "presets"
    SETTINGS = "settings"
    SERVERS = "servers"
    SHORTCUTS = "help/shortcuts"
    NEW_CHAT = "new"


_PLACES = {place.value: place for place in Place}
_PAGES = {page.value: page for page in Page}


class GuideLink(msgspec.Struct, frozen=True):
    """A place, and where in it: what to search the Hub for, or the page of the settings, or one setting's key."""

    place: Place
    query: str = ""
    page: Page | None = None
    key: str = ""


def guide_link(address: str) -> GuideLink | None:
    """What an address leads to; None for one that Parley does not know."""
    if not address.startswith(SCHEME):
        return None
    path = unquote(address.removeprefix(SCHEME))
    if path in _PLACES:
        return GuideLink(_PLACES[path])
    place, _, detail = path.partition("/")
    if place == Place.MODELS:
        return GuideLink(Place.MODELS, query=detail)
    if place != Place.SETTINGS:
        return None
    if detail in _PAGES:
        return GuideLink(Place.SETTINGS, page=_PAGES[detail])
    setting = SETTINGS.get(detail)
    if setting is None or setting.hidden:
        return None
    return GuideLink(Place.SETTINGS, page=setting.page, key=detail)
