"""The hub's child as the window uses it: a real child process and a local Hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap.starting import child_starter
from app.catalog.find.token import FoundToken, TokenStore
from app.core.catalog.hub import Format, RepoPage, SearchPage, SearchQuery, TokenPlace
from app.core.catalog.hub_errors import HubLost, HubSilent, InvalidToken, RepoNotFound
from app.core.paths import Folders
from app.core.protocol import ChildRole
from app.services.hub_service import HubService, Question
from app.services.relay import Relay
from tests.hub.hubserver import HubServer
from tests.hub.served import GATED, GGUF_13B, GPTQ_70B, MEMBER, PRIVATE


@pytest.fixture
def hub(qtbot: QtBot, tiny_hub: HubServer, own_home: Path) -> Iterator[HubService]:
    service = HubService(child_starter(ChildRole.HUB, Folders.of({"PARLEY_HOME": str(own_home)}), None), Relay())
    yield service
    service.shutdown()


def found(qtbot: QtBot, hub: HubService, query: SearchQuery, cursor: str = "") -> SearchPage:
    with qtbot.waitSignal(hub.found) as signal:
        hub.search(query, cursor)
    page = signal.args[0]
    assert isinstance(page, SearchPage)
    return page


def opened(qtbot: QtBot, hub: HubService, text: str) -> RepoPage:
    with qtbot.waitSignal(hub.repo_opened) as signal:
        hub.open_repo(text)
    page = signal.args[0]
    assert isinstance(page, RepoPage)
    return page


def test_a_search_comes_in_pages(qtbot: QtBot, hub: HubService) -> None:
    first = found(qtbot, hub, SearchQuery(text="llama", limit=3))
    second = found(qtbot, hub, SearchQuery(text="llama", limit=3), first.cursor)
    assert len(first.repos) == 3 and second.repos
    assert not {repo.id for repo in first.repos} & {repo.id for repo in second.repos}


def test_only_the_latest_question_of_a_kind_is_answered(qtbot: QtBot, hub: HubService) -> None:
    answers: list[str] = []
    hub.repo_opened.connect(lambda page: answers.append(page.summary.id))
    hub.open_repo(GPTQ_70B)
    assert opened(qtbot, hub, GGUF_13B).summary.id == GGUF_13B
    assert answers == [GGUF_13B]


def test_a_variant_becomes_exact(qtbot: QtBot, hub: HubService) -> None:
    page = opened(qtbot, hub, GGUF_13B)
    chosen = next(variant for variant in page.variants if variant.name == "Q4_K_M")
    assert chosen.format is Format.GGUF and chosen.weights is not None and not chosen.weights.exact
    with qtbot.waitSignal(hub.variant_opened) as signal:
        hub.open_variant(chosen)
    variant, headers = signal.args
    assert variant.weights is not None and variant.weights.exact
    assert [Path(copy.path).is_file() for copy in headers] == [True]
    assert headers[0].file_bytes == chosen.bytes


def test_a_problem_has_its_type(qtbot: QtBot, hub: HubService) -> None:
    with qtbot.waitSignal(hub.failed) as signal:
        hub.open_repo("nobody/nothing")
    assert signal.args[0] is Question.REPO and isinstance(signal.args[1], RepoNotFound)


def test_a_token_that_was_given_just_before_the_end_is_kept(hub: HubService, own_home: Path) -> None:
    hub.keep_token(MEMBER)
    hub.shutdown()
    folder = Folders.of({"PARLEY_HOME": str(own_home)}).config
    assert TokenStore(folder, {}).find() == FoundToken(MEMBER, TokenPlace.FILE)


def test_a_token_opens_what_is_private(qtbot: QtBot, hub: HubService) -> None:
    assert opened(qtbot, hub, GATED).refusal is not None
    with qtbot.waitSignal(hub.failed) as failed:
        hub.keep_token("no token at all")
    assert isinstance(failed.args[1], InvalidToken)
    with qtbot.waitSignal(hub.token_known) as known:
        hub.keep_token(MEMBER)
    assert known.args == [TokenPlace.FILE, False]
    assert opened(qtbot, hub, GATED).refusal is None
    assert opened(qtbot, hub, PRIVATE).variants


def test_a_hub_that_is_away_is_a_typed_problem(qtbot: QtBot, hub: HubService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with qtbot.waitSignal(hub.failed, timeout=60_000) as signal:
        hub.search(SearchQuery(text="llama"))
    assert isinstance(signal.args[1], HubSilent)


def test_a_child_that_dies_is_told_and_replaced(qtbot: QtBot, hub: HubService) -> None:
    found(qtbot, hub, SearchQuery(text="llama"))
    with qtbot.waitSignal(hub.failed) as signal:
        hub.open_repo(GPTQ_70B)
        hub._slot.kill()
    assert isinstance(signal.args[1], HubLost)
    assert opened(qtbot, hub, GGUF_13B).variants
