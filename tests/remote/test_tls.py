"""Servers behind TLS, with certificates of an authority that only the user knows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.engine.messages import FinishReason
from app.core.remote.server_errors import CertificateRefused, ServerUnreachable
from tests.remote.authority import Authority
from tests.remote.conftest import ModelServer, Talker
from tests.remote.faults import FaultProxy, Plan


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def shielded(model_server: ModelServer, authority: Authority) -> Iterator[FaultProxy]:
    made = FaultProxy(model_server.address, authority.server("127.0.0.1"))
    yield made
    made.close()


def test_the_users_authority_is_believed(talker: Talker, shielded: FaultProxy, authority: Authority) -> None:
    talker.connect(shielded.address, ca_file=str(authority.file))
    assert talker.say(max_tokens=8).reason is FinishReason.LENGTH
    assert talker.text


def test_the_systems_variable_names_one_too(talker: Talker, shielded: FaultProxy, authority: Authority) -> None:
    talker.connect(shielded.address, environment={"SSL_CERT_FILE": str(authority.file)})
    assert talker.say(max_tokens=8).reason is FinishReason.LENGTH


def test_nobody_else_is(talker: Talker, shielded: FaultProxy, tmp_path: Path) -> None:
    with pytest.raises(CertificateRefused):
        talker.connect(shielded.address)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(CertificateRefused):
        talker.connect(shielded.address, ca_file=str(Authority(other).file))
    assert shielded.seen == [] and shielded.headers == []


def test_a_certificate_of_another_server_is_refused(
    talker: Talker, model_server: ModelServer, authority: Authority
) -> None:
    proxy = FaultProxy(model_server.address, authority.server("192.0.2.1"))
    try:
        with pytest.raises(CertificateRefused):
            talker.connect(proxy.address, ca_file=str(authority.file))
    finally:
        proxy.close()


def test_a_stop_is_at_once_behind_tls(talker: Talker, shielded: FaultProxy, authority: Authority) -> None:
    talker.connect(shielded.address, ca_file=str(authority.file))
    shielded.plan = Plan(stall=2)
    threading.Thread(target=lambda: (talker.at.wait(20), talker.stop.set())).start()
    assert talker.say().reason is FinishReason.CANCELLED
    assert talker.text


def test_a_server_without_tls_is_told(talker: Talker, proxy: FaultProxy) -> None:
    with pytest.raises(ServerUnreachable, match="TLS"):
        talker.connect(proxy.address.replace("http:", "https:"))
