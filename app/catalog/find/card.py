"""A model card: its text, and what its front matter says; pure, runs in any process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

_FENCE = "---"
_MAX_FRONT = 256 * 1024
_MAX_CARD = 2 * 1024 * 1024


@dataclass(frozen=True)
class Card:
    """`text` is Markdown as its author wrote it: whoever shows it fetches and runs nothing of it."""

    text: str = ""
    front: Mapping[str, object] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """A text of the front matter, the first one of a list; empty where there is none.

        Half a character, which YAML and JSON can name, becomes a question mark: no frame could hold it.
        """
        found = self.front.get(name)
        if isinstance(found, list) and found:
            found = found[0]
        return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def parse_card(data: bytes) -> Card:
    """Take a README.md apart; front matter that is no YAML is dropped."""
    text = data[:_MAX_CARD].decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith(f"{_FENCE}\n"):
        return Card(text.strip())
    front, fence, rest = text[len(_FENCE) + 1 :].partition(f"\n{_FENCE}")
    if not fence:
        return Card(text.strip())
    return Card(rest.partition("\n")[2].strip(), _front(front))


def _front(text: str) -> Mapping[str, object]:
    if len(text) > _MAX_FRONT:
        return {}
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}
