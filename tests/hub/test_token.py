"""Where the token is kept, and that it goes nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from app.catalog.find.hub_client import Connection
from app.catalog.find.token import FoundToken, TokenStore
from app.catalog.secret import has_keyring
from app.core.catalog.hub import TokenPlace
from app.core.catalog.hub_errors import InvalidToken, TokenUnsaved
from app.core.catalog.hub_frames import KeepToken

TOKEN = "hf_" + "a" * 34


class MemoryKeyring(KeyringBackend):
    """A keyring, since a test may not write to the user's."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


@pytest.fixture(autouse=True)
def without_keyring() -> Iterator[None]:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HF_HOME": str(tmp_path / "hf")}


@pytest.fixture
def store(tmp_path: Path, environment: dict[str, str]) -> TokenStore:
    return TokenStore(tmp_path / "config", environment)


def test_there_is_none_at_first(store: TokenStore) -> None:
    assert store.find() == FoundToken("", TokenPlace.NONE)


def test_without_a_keyring_it_is_in_a_file_for_the_user_alone(store: TokenStore, tmp_path: Path) -> None:
    assert store.keep(f"  {TOKEN}\n") is TokenPlace.FILE
    assert store.find() == FoundToken(TOKEN, TokenPlace.FILE)
    (file,) = (tmp_path / "config").iterdir()
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600
    assert store.clear().place is TokenPlace.NONE
    assert list((tmp_path / "config").iterdir()) == []


def test_a_keyring_goes_before_the_file(store: TokenStore, tmp_path: Path) -> None:
    store.keep("hf_old_one")
    keyring.set_keyring(MemoryKeyring())
    assert store.keep(TOKEN) is TokenPlace.KEYRING
    assert list((tmp_path / "config").iterdir()) == []
    assert store.find() == FoundToken(TOKEN, TokenPlace.KEYRING)
    assert store.clear().place is TokenPlace.NONE


def test_only_a_keyring_that_keeps_secrets_counts_as_one(store: TokenStore) -> None:
    assert not has_keyring()
    keyring.set_keyring(MemoryKeyring())
    assert has_keyring()
    careless = MemoryKeyring()
    careless.priority = 0.5  # type: ignore[assignment]
    keyring.set_keyring(careless)
    assert not has_keyring()
    assert store.keep(TOKEN) is TokenPlace.FILE and careless.kept == {}


def test_those_of_the_environment_and_of_the_hubs_client_are_found(
    store: TokenStore, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text(f"{TOKEN}\n")
    assert store.find() == FoundToken(TOKEN, TokenPlace.HUB_CLIENT)
    environment["HF_TOKEN"] = "hf_from_environment"
    assert store.find() == FoundToken("hf_from_environment", TokenPlace.ENVIRONMENT)


@pytest.mark.parametrize(
    "text", ["", "  ", "two words", "hf_ümlaut", "hf_\r\nX-Header: 1", "x" * 5000, "\x00\x01\x02\x03"]
)
def test_what_cannot_be_a_token_is_refused(store: TokenStore, text: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        store.keep(text)
    assert not text.strip() or text not in str(caught.value)


def test_a_folder_that_refuses_is_told(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(TokenUnsaved) as caught:
        TokenStore(tmp_path / "config", environment).keep(TOKEN)
    assert TOKEN not in f"{caught.value} {caught.value.detail}"


def test_no_text_of_a_value_shows_it() -> None:
    shown = [
        repr(Connection("https://huggingface.co", TOKEN)),
        repr(FoundToken(TOKEN, TokenPlace.FILE)),
        repr(KeepToken(id=1, token=TOKEN)),
    ]
    assert not [text for text in shown if TOKEN in text]
    assert os.environ.get("HF_TOKEN") != TOKEN
