from __future__ import annotations

import pytest

from app.core.program.guide_links import GuideLink, Place, guide_link
from app.core.program.setting import Page


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("parley:models", GuideLink(Place.MODELS)),
        ("parley:models/llama%202%2013b", GuideLink(Place.MODELS, query="llama 2 13b")),
        ("parley:models/owner/name", GuideLink(Place.MODELS, query="owner/name")),
        ("parley:help/shortcuts", GuideLink(Place.SHORTCUTS)),
        ("parley:settings", GuideLink(Place.SETTINGS)),
        ("parley:settings/network", GuideLink(Place.SETTINGS, page=Page.NETWORK)),
        ("parley:settings/chat.titles", GuideLink(Place.SETTINGS, page=Page.BEHAVIOUR, key="chat.titles")),
    ],
)
def test_an_address_leads_to_a_place(address: str, link: GuideLink) -> None:
    assert guide_link(address) == link


@pytest.mark.parametrize(
    "address",
    [
        "https://models",
        "parley:",
        "parley:nowhere",
        "parley:library/more",
        "parley:settings/",
        "parley:settings/no.such",
        "parley:settings/chat.last",
        "PARLEY:models",
    ],
)
def test_any_other_address_leads_nowhere(address: str) -> None:
    assert guide_link(address) is None
