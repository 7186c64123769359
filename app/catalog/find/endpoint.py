"""Where the Hub is, and whether it may be asked, by the environment; the names are those of the Hub's own client."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_ENDPOINT = "https://huggingface.co"

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})


def endpoint_of(environment: Mapping[str, str]) -> str:
    """The Hub's address, without a slash at its end."""
    return (environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def is_offline(environment: Mapping[str, str]) -> bool:
    """Whether the user has switched the network off."""
    return any(environment.get(name, "").upper() in _TRUE for name in _OFFLINE)
