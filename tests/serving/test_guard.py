"""Who may ask: no page of another site, no name that only leads here, and nobody without the key."""

from __future__ import annotations

import pytest

from app.serving.connection import Head
from app.serving.errors import ApiError
from app.serving.guard import Guard

OWN = {"host": "127.0.0.1:8080"}


def status(guard: Guard, headers: dict[str, str], *, open_to_all: bool = False) -> int:
    try:
        guard.admit(Head("POST", "/v1/chat/completions", headers), open_to_all=open_to_all)
    except ApiError as error:
        return error.status
    return 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("LocalHost:8080", 200),
        ("[::1]:8080", 200),
        ("my.machine:8080", 200),
        ("host.docker.internal:8080", 200),
        ("host.docker.internal.evil.example", 403),
        ("evil.example:8080", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("192.168.1.20:8080", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_a_name_that_is_not_this_machines_is_refused(host: str, expected: int) -> None:
    assert status(Guard("my.machine", on_loopback=True), {"host": host}) == expected


def test_beyond_this_machine_every_name_may_lead_here() -> None:
    guard = Guard("0.0.0.0", on_loopback=False, key="sk")
    assert status(guard, {"host": "box.lan:8080", "authorization": "Bearer sk"}) == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:3000"}, 403),
        ({"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": "http://localhost:5173"}, 200),
    ],
    ids=str,
)
def test_a_web_page_may_ask_only_when_it_is_named(headers: dict[str, str], expected: int) -> None:
    guard = Guard("127.0.0.1", on_loopback=True, origins=frozenset({"http://localhost:5173"}))
    assert status(guard, {**OWN, **headers}) == expected


def test_only_a_page_that_may_ask_sees_the_answer() -> None:
    guard = Guard("127.0.0.1", on_loopback=True, origins=frozenset({"http://localhost:5173"}))
    shown = guard.headers(Head("GET", "/", {"origin": "http://localhost:5173"}))
    assert ("Access-Control-Allow-Origin", "http://localhost:5173") in shown
    assert guard.headers(Head("GET", "/", {"origin": "https://evil.example"})) == (("Vary", "Origin"),)
    assert Guard("127.0.0.1", on_loopback=True).headers(Head("GET", "/", {"origin": "https://evil.example"})) == ()


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        ("Bearer sk-Größe".encode().decode("latin-1"), 200),
        ("bearer  sk-Größe".encode().decode("latin-1"), 200),
        ("Bearer sk-Gr", 401),
        ("Bearer", 401),
        ("Basic sk-Größe".encode().decode("latin-1"), 401),
        ("", 401),
    ],
)
def test_the_key_must_be_right(authorization: str, expected: int) -> None:
    guard = Guard("127.0.0.1", on_loopback=True, key="sk-Größe")
    assert status(guard, {**OWN, "authorization": authorization}) == expected
    assert status(guard, OWN, open_to_all=True) == 200
