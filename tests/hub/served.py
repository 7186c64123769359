"""A local Hub for tests of the window: the reference repos, and a small model that really runs."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hub.hubserver import HubServer
from tests.models.split_gguf import split_gguf

MEMBER, STRANGER = "hf_member", "hf_stranger"
GATED, PRIVATE, TINY = "meta-llama/Llama-2-7b-chat-hf", "acme/secret-GGUF", "acme/tiny-GGUF"
GATED_GGUF, SHARDED = "acme/gated-GGUF", "acme/sharded-GGUF"
GGUF_13B, GPTQ_70B = "TheBloke/Llama-2-13B-chat-GGUF", "TheBloke/Llama-2-70B-chat-GPTQ"
CARD = "---\nlicense: mit\n---\n# Tiny\n\nSee [the site](https://example.org/a).\n\n![an image](https://example.org/b.png)\n"


@contextmanager
def hub_with_tiny(repos: Path, tiny: Path, root: Path) -> Iterator[HubServer]:
    """Serves until the end; every thread of it has ended then."""
    shutil.copytree(repos, root)
    for repo, facts in (
        (TINY, '{"license": "mit", "downloads": 5}'),
        (PRIVATE, '{"private": true}'),
        (GATED_GGUF, '{"gated": "manual"}'),
    ):
        (root / repo / "main").mkdir(parents=True)
        shutil.copy(tiny, root / repo / "main" / "tiny.F16.gguf")
        (root / repo / "main" / "README.md").write_text(CARD)
        (root / repo / "repo.json").write_text(facts)
    (root / SHARDED / "main").mkdir(parents=True)
    split_gguf(tiny, root / SHARDED / "main", tensors=8)
    threads = set(threading.enumerate())
    with HubServer(root, tokens={MEMBER: ["*"], STRANGER: []}) as server:
        yield server
    for thread in threading.enumerate():
        if thread not in threads:
            thread.join(10)
