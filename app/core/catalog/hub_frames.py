"""The frames between the hub child, which alone talks with the Hub, and whoever started it."""

from __future__ import annotations

import msgspec

from app.core.catalog import hub_errors as hub_errors  # so that every process can say them
from app.core.catalog.hub import HeaderCopy, RepoPage, SearchPage, SearchQuery, TokenPlace, Variant


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    id: int


class SearchHub(_Frame, frozen=True, tag="search-hub"):
    """Find repos; `cursor` is the last page's. `HubFound` follows, or `Failed` with this id."""

    query: SearchQuery
    cursor: str = ""


class OpenRepo(_Frame, frozen=True, tag="open-repo"):
    """Read the repo that a text names, as `parse_repo_ref` has it. `RepoOpened` follows."""

    text: str


class OpenVariant(_Frame, frozen=True, tag="open-variant"):
    """Read all headers of a variant. `VariantOpened` follows."""

    variant: Variant


class KeepToken(_Frame, frozen=True, tag="keep-token"):
    """Keep a token for the Hub, or forget it if it is empty. `TokenState` follows."""

    token: str = ""

    def __repr__(self) -> str:
        """Without the token: this may end in a log."""
        return f"KeepToken({self.id})"


class AskToken(_Frame, frozen=True, tag="ask-token"):
    """Tell where a token is, if there is one. `TokenState` follows."""


class HubFound(_Frame, frozen=True, tag="hub-found"):
    """What a search found."""

    page: SearchPage


class RepoOpened(_Frame, frozen=True, tag="repo-opened"):
    """A repo and its variants."""

    page: RepoPage


class VariantOpened(_Frame, frozen=True, tag="variant-opened"):
    """A variant with exact weights; `headers` are those of its GGUF file, or of all its shards in order."""

    variant: Variant
    headers: tuple[HeaderCopy, ...] = ()


class TokenState(_Frame, frozen=True, tag="token-state"):
    """Where the token is, which itself stays in the child, and whether a new one would go into a keyring."""

    place: TokenPlace
    has_keyring: bool = False


HubCommand = SearchHub | OpenRepo | OpenVariant | KeepToken | AskToken
HubEvent = HubFound | RepoOpened | VariantOpened | TokenState
