"""A Hub behind TLS, whose authority no system knows: searches believe it as downloads do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.catalog.hub import SearchQuery
from app.core.catalog.hub_errors import HubUntrusted
from tests.hub.conftest import Connect
from tests.hub.hubserver import HubServer
from tests.remote.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def behind_tls(repos: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with HubServer(repos, tls=authority.server("127.0.0.1")) as server:
        yield server


def test_an_unknown_authority_is_not_believed(behind_tls: HubServer, connect: Connect) -> None:
    with pytest.raises(HubUntrusted):
        connect(behind_tls).search(SearchQuery())


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_one_that_the_user_names_is(
    name: str, behind_tls: HubServer, authority: Authority, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(authority.file))
    assert connect(behind_tls).search(SearchQuery()).repos


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system itself is asked")
def test_one_that_the_user_names_does_not_take_the_place_of_the_systems(
    behind_tls: HubServer, authority: Authority, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a system whose authorities lie in one file, as with most."""
    monkeypatch.setattr("app.catalog.tls._OF_THE_SYSTEM", (str(authority.file),))
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(own).file))
    monkeypatch.setenv("SSL_CERT_DIR", str(own))
    assert connect(behind_tls).search(SearchQuery()).repos


def test_a_file_of_authorities_that_is_gone_does_no_harm(
    behind_tls: HubServer, authority: Authority, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file.with_name("gone.pem")))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    assert connect(behind_tls).search(SearchQuery()).repos
