from __future__ import annotations

from pathlib import Path

import pytest

from app.core.chat.conversations import Conversation, ConversationSummary, StoredMessage
from app.core.engine.messages import Role
from app.core.engine.sampling import Sampling
from app.core.paths import Folders, resources
from app.core.program.setting_errors import InvalidOption
from app.core.sizes import format_bytes, format_count, format_rate


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (1000, "1 kB"),
        (12_345, "12.3 kB"),
        (999_600, "1 MB"),
        (7_870_000_000, "7.87 GB"),
        (40_000_000_000, "40 GB"),
        (3_200_000_000_000_000, "3200 TB"),
    ],
)
def test_bytes_are_shown_with_three_figures(count: int, shown: str) -> None:
    assert format_bytes(count) == shown


def test_counts_are_shown_with_their_thousands_apart() -> None:
    assert format_count(8192) == "8,192"


@pytest.mark.parametrize(("rate", "shown"), [(9.74, "9.7"), (9.96, "10"), (41.4, "41"), (3663.2, "3,663")])
def test_rates_are_shown_in_one_way(rate: float, shown: str) -> None:
    assert format_rate(rate) == shown


@pytest.mark.parametrize(
    ("option", "value"),
    [("temperature", -1), ("top_p", 1.5), ("seed", -3), ("max_tokens", 0), ("top_k", "many"), ("no_such", 1)],
)
def test_an_option_out_of_range_is_refused_by_name(option: str, value: object) -> None:
    with pytest.raises(InvalidOption) as caught:
        Sampling.checked(**{option: value})
    assert repr(value) in str(caught.value) or option in str(caught.value)


def test_options_in_range_are_taken() -> None:
    assert Sampling.checked(temperature=0, seed=7, stop=["END"]) == Sampling(temperature=0.0, seed=7, stop=("END",))


def test_everything_lies_under_parley_home(tmp_path: Path) -> None:
    folders = Folders.of({"PARLEY_HOME": str(tmp_path)})
    assert {folder.parent for folder in (folders.data, folders.cache, folders.config, folders.logs)} == {tmp_path}
    assert folders.database.parent == folders.data


def test_without_it_the_platform_decides() -> None:
    assert "parley" in str(Folders.of({}).data).lower()


def test_resources_are_found() -> None:
    assert (resources() / "templates").is_dir()
    assert (resources() / "icons").is_dir()


def message(number: int, parent: int | None, role: Role = Role.USER) -> StoredMessage:
    return StoredMessage(id=number, parent_id=parent, role=role, text=str(number))


@pytest.fixture
def conversation() -> Conversation:
    messages = [message(1, None), message(2, 1, Role.ASSISTANT), message(3, 1, Role.ASSISTANT), message(4, 3)]
    return Conversation(ConversationSummary(1, "Title", 0.0, 0.0), messages, 4)


def test_the_path_leads_from_the_root_to_the_leaf(conversation: Conversation) -> None:
    assert [m.id for m in conversation.path()] == [1, 3, 4]
    assert [m.id for m in conversation.path(2)] == [1, 2]


def test_siblings_share_a_parent(conversation: Conversation) -> None:
    assert conversation.siblings(3) == [2, 3]


def test_a_new_message_becomes_the_leaf_and_a_changed_one_keeps_its_place(conversation: Conversation) -> None:
    conversation.put(message(5, 4, Role.ASSISTANT))
    conversation.put(StoredMessage(id=5, parent_id=4, role=Role.ASSISTANT, text="done"), activate=False)
    assert [m.text for m in conversation.path()] == ["1", "3", "4", "done"]
    assert conversation.siblings(5) == [5]
