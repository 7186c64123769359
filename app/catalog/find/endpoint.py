"""Where the Hub is, and whether it may be asked, by the environment; the names are those of the Hub's own client."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.program.network import is_offline, is_switched_on

DEFAULT_ENDPOINT = "https://huggingface.co"


def endpoint_of(environment: Mapping[str, str]) -> str:
    """The Hub's address, without a slash at its end."""
    return (environment.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def is_hub_offline(environment: Mapping[str, str]) -> bool:
    """Whether the Hub may not be asked: its client obeys a second name, which says nothing of other hosts."""
    return is_offline(environment) or is_switched_on("TRANSFORMERS_OFFLINE", environment)
