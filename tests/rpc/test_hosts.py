"""How machines are named, and what is understood of who answers there."""

from __future__ import annotations

import socket
import struct

import pytest

from app.core.errors import Cancelled
from app.core.remote.rpc import MAX_HOSTS, checked_rpc_hosts, is_this_machine
from app.core.remote.rpc_errors import InvalidRpcHost, RpcGarbled, RpcMissing, RpcUnreachable, RpcVersionDiffers
from app.engines.base import StopFlag
from app.engines.llama import native, rpc
from tests.rpc.conftest import free_port


@pytest.mark.parametrize(
    ("entered", "host"),
    [
        ("192.168.1.20:50052", "192.168.1.20:50052"),
        (" Box.local:60000 ", "box.local:60000"),
        ("box", "box:50052"),
        ("box_2:00080", "box_2:80"),
    ],
)
def test_a_host_is_a_name_and_a_port(entered, host):
    assert checked_rpc_hosts([entered]) == (host,)


@pytest.mark.parametrize(
    "entered",
    ["", ":", "box:", ":50052", "box:0", "box:65536", "box:0065536", "box:99999999999999999999", "box:x", "box:५",
     "a b", "-box", "http://box:1", "[::1]:50052", "::1", "box:1:2", "bücher", "a" * 254, "box\n:1"],
)  # fmt: skip
def test_what_is_no_host_is_refused(entered):
    with pytest.raises(InvalidRpcHost):
        checked_rpc_hosts([entered])


def test_a_host_counts_once_and_there_is_an_end_to_them():
    assert checked_rpc_hosts(["box", "BOX:50052", "other"]) == ("box:50052", "other:50052")
    assert len(checked_rpc_hosts(f"box{number}" for number in range(MAX_HOSTS))) == MAX_HOSTS
    with pytest.raises(InvalidRpcHost, match="16 at most"):
        checked_rpc_hosts(f"box{number}" for number in range(MAX_HOSTS + 1))


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1:1", True), ("127.9.9.9:1", True), ("localhost:1", True), ("192.0.2.1:1", False), ("box:1", False)],
)
def test_this_machine_is_told_from_others(host, here):
    assert is_this_machine(host) is here


def test_a_real_server_greets_and_is_free_again_afterwards(machines):
    server = machines.start()
    rpc.greet(server.host)
    rpc.greet(server.host)


def test_nobody_there():
    with pytest.raises(RpcUnreachable, match="connection refused"):
        rpc.greet(f"127.0.0.1:{free_port()}")


def test_a_name_that_is_not_known():
    with pytest.raises(RpcUnreachable, match="its name is not known"):
        rpc.greet("no-such-machine.invalid:50052")


def test_a_label_that_no_name_can_have():
    with pytest.raises(RpcUnreachable, match="its name is not known"):
        rpc.greet(f"{'a' * 70}.invalid:50052")


def test_a_server_that_is_at_work_for_another_program(machines):
    server = machines.start()
    # Connections are served one after the other.
    with socket.create_connection(("127.0.0.1", server.port)), pytest.raises(RpcUnreachable, match="at work for"):
        rpc.greet(server.host, seconds=0.3)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", struct.pack("<Q4B", 4, 7, 0, 0, 0)]
)
def test_something_else_answers(impostor, answer):
    with pytest.raises(RpcGarbled):
        rpc.greet(impostor(answer).host)


@pytest.mark.parametrize("version", [(6, 9), (8, 0), (7, 1)])
def test_a_server_of_another_version(impostor, version):
    with pytest.raises(RpcVersionDiffers, match=f"{version[0]}.{version[1]}"):
        rpc.greet(impostor(struct.pack("<QBBBx24x", 28, *version, 0)).host)


def unheard() -> None:
    raise AssertionError("nobody was greeted")


def test_a_stop_ends_the_greetings():
    stop = StopFlag()
    stop.set()
    with pytest.raises(Cancelled):
        rpc.join(["192.0.2.1:50052"], stop, unheard)


def test_a_build_without_rpc_says_so(monkeypatch):
    monkeypatch.setattr(native, "has_rpc", lambda: False)
    with pytest.raises(RpcMissing):
        rpc.join(["127.0.0.1:50052"], StopFlag(), unheard)
    assert rpc.join([], StopFlag(), lambda: None) == []
