"""The hub child as the window has it: frames in, frames out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from app.catalog.find.repo_ref import RepoRef
from app.children.child import Child
from app.children.outcome import Outcome
from app.core import protocol
from app.core.catalog.hub import SearchQuery, TokenPlace
from app.core.catalog.hub_frames import (
    AskToken,
    HubFound,
    KeepToken,
    OpenRepo,
    OpenVariant,
    RepoOpened,
    SearchHub,
    TokenState,
    VariantOpened,
)
from app.core.errors import Failure
from app.core.prediction.probe_frames import Probe
from app.core.protocol import ChildRole, Command, Event, Failed
from tests.hub.conftest import GATED, MEMBER, Connect
from tests.hub.hubserver import HubServer

Ask = Callable[[Command], Event | Outcome]


@pytest.fixture
def ask(served: HubServer, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    monkeypatch.setenv("HF_ENDPOINT", served.url)
    inbox: SimpleQueue[Event | Outcome] = SimpleQueue()
    child = Child(ChildRole.HUB, inbox.put, inbox.put, log=own_home / "logs" / "hub.log")
    child.start()

    def answer(command: Command) -> Event | Outcome:
        child.send(command)
        return inbox.get(timeout=60)

    yield answer
    child.shutdown()
    assert MEMBER not in (own_home / "logs" / "hub.log").read_text()


def test_from_a_search_to_exact_weights(ask: Ask) -> None:
    found = ask(SearchHub(id=1, query=SearchQuery(text="7B-Chat-GGUF")))
    assert isinstance(found, HubFound) and found.id == 1
    opened = ask(OpenRepo(id=2, text=found.page.repos[0].id))
    assert isinstance(opened, RepoOpened) and len(opened.page.variants) == 3
    variant = ask(OpenVariant(id=3, variant=opened.page.variants[0]))
    assert isinstance(variant, VariantOpened) and variant.id == 3
    assert variant.variant.weights and variant.variant.weights.exact
    assert Path(variant.headers[0].path).read_bytes()[:4] == b"GGUF"


def test_a_gated_repo_opens_once_a_token_was_entered(ask: Ask) -> None:
    assert ask(AskToken(id=1)) == TokenState(id=1, place=TokenPlace.NONE)
    refused = ask(OpenRepo(id=2, text=GATED))
    assert isinstance(refused, RepoOpened) and refused.page.refusal
    assert ask(KeepToken(id=3, token=MEMBER)) == TokenState(id=3, place=TokenPlace.FILE)
    granted = ask(OpenRepo(id=4, text=GATED))
    assert isinstance(granted, RepoOpened) and granted.page.refusal is None
    assert ask(KeepToken(id=5)) == TokenState(id=5, place=TokenPlace.NONE)


def test_a_card_with_half_a_character_hides_no_repo(connect: Connect, own_repo: tuple[HubServer, Path]) -> None:
    server, root = own_repo
    ref = RepoRef("localmodels/Llama-2-7B-Chat-GGUF")
    (root / ref.repo / "main/README.md").write_text('---\nlicense: "m\\uD800t"\n---\n# A card\n')
    opened = RepoOpened(id=1, page=connect(server).open_repo(ref))
    assert protocol.decode_event(protocol.encode(opened)) == opened
    assert (opened.page.license, opened.page.card) == ("m?t", "# A card")


def test_failures_carry_the_commands_number(ask: Ask) -> None:
    assert ask(OpenRepo(id=7, text="nonsense")) == Failed(id=7, failure=Failure("NotARepo", {"text": "nonsense"}))
    missing = ask(OpenRepo(id=8, text="nobody/nothing"))
    assert isinstance(missing, Failed) and (missing.id, missing.failure.code) == (8, "RepoNotFound")
    foreign = ask(Probe())
    assert isinstance(foreign, Failed) and foreign.failure.code == "ProtocolBroken"
