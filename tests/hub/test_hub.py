"""The Hub with all that can go wrong on the way: each ends in a result or a clear failure, and in time."""

from __future__ import annotations

import json
import os
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.catalog.find.hub import Hub
from app.catalog.find.hub_client import Connection, HubClient
from app.catalog.find.local_checkpoint import local_checkpoint
from app.catalog.find.repo_ref import RepoRef
from app.core.catalog.hub import Access, Format, SearchOrder, SearchQuery
from app.core.catalog.hub_errors import (
    AccessPending,
    BranchNotFound,
    HubFailed,
    HubOverloaded,
    HubSilent,
    Offline,
    RemoteHeaderTooLong,
    RepoGated,
    RepoNotFound,
    TokenRejected,
)
from app.core.errors import Cancelled, ParleyError
from tests.hub.conftest import GATED, MEMBER, STRANGER, Connect
from tests.hub.hubserver import HubServer
from tests.repack import models

GGUF = RepoRef("TheBloke/Llama-2-13B-chat-GGUF")
SMALL = RepoRef("localmodels/Llama-2-7B-Chat-GGUF")


class TestSearch:
    def test_by_words_owner_and_format(self, hub: Hub) -> None:
        found = hub.search(SearchQuery(text="llama 13b", author="TheBloke", format=Format.GGUF))
        assert [repo.id for repo in found.repos] == [GGUF.repo]
        assert found.repos[0].formats == (Format.GGUF,)
        assert (found.repos[0].downloads, found.repos[0].likes) == (90000, 400)

    @pytest.mark.parametrize("order", SearchOrder)
    def test_in_order(self, hub: Hub, order: SearchOrder) -> None:
        repos = hub.search(SearchQuery(order=order)).repos
        values = [getattr(repo, order.value) for repo in repos]
        assert len(repos) == 8
        assert values == sorted(values, reverse=True)

    def test_page_by_page(self, hub: Hub) -> None:
        seen, cursor = [], ""
        for size in (3, 3, 2):
            page = hub.search(SearchQuery(limit=3), cursor)
            assert len(page.repos) == size
            seen += [repo.id for repo in page.repos]
            cursor = page.cursor
        assert cursor == ""
        assert seen == [repo.id for repo in hub.search(SearchQuery()).repos]

    def test_nothing_found(self, hub: Hub) -> None:
        assert hub.search(SearchQuery(text="no such model")).repos == ()

    def test_a_gated_repo_is_marked(self, hub: Hub) -> None:
        (found,) = hub.search(SearchQuery(author="meta-llama")).repos
        assert found.access is Access.GATED


class TestAccess:
    def test_a_gated_repo_is_listed_and_says_what_to_accept_and_where(self, hub: Hub, server: HubServer) -> None:
        page = hub.open_repo(RepoRef(GATED))
        assert page.refusal is not None
        error = page.refusal.error()
        assert type(error) is RepoGated
        assert f"{server.url}/{GATED}" in error.next_step

    def test_a_token_without_a_grant_is_told_apart(self, connect: Connect) -> None:
        page = connect(token=STRANGER).open_repo(RepoRef(GATED))
        assert page.refusal is not None and type(page.refusal.error()) is AccessPending

    def test_with_a_grant_it_is_read(self, connect: Connect) -> None:
        page = connect(token=MEMBER).open_repo(RepoRef(GATED))
        assert page.refusal is None
        assert page.card == "# Model card"

    def test_gated_files_are_told_by_name_and_size(
        self, connect: Connect, own_repo: tuple[HubServer, Path], tmp_path: Path
    ) -> None:
        server, root = own_repo
        home = root / "acme/gated"
        (home / "main").mkdir(parents=True)
        (home / "repo.json").write_text(json.dumps({"gated": "auto", "gguf": {"total": 8_000_000_000}}))
        sizes = {"x-Q4_K_M.gguf": 5_000_000_000, "x-Q8_0-00001-of-00002.gguf": 4_000_000_000}
        sizes |= {"x-Q8_0-00002-of-00002.gguf": 4_000_000_000, "mmproj-x-F16.gguf": 900_000_000}
        (home / "files.json").write_text(json.dumps({"main": {path: {"size": size} for path, size in sizes.items()}}))
        page = connect(server).open_repo(RepoRef("acme/gated"))
        assert [(one.name, one.bytes, one.bits_per_weight) for one in page.variants] == [
            ("Q4_K_M", 5_000_000_000, 5.0),
            ("Q8_0", 8_000_000_000, 8.0),
        ]

    def test_a_private_repo_is_as_none_without_a_token(
        self, connect: Connect, own_repo: tuple[HubServer, Path]
    ) -> None:
        server, root = own_repo
        (root / SMALL.repo / "repo.json").write_text('{"private": true}')
        with pytest.raises(RepoNotFound):
            connect(server).open_repo(SMALL)
        with pytest.raises(RepoNotFound):
            connect(server, token=STRANGER).open_repo(SMALL)
        page = connect(server, token=MEMBER).open_repo(SMALL)
        assert (page.summary.access, len(page.variants)) == (Access.PRIVATE, 3)

    def test_a_stale_token_is_told_even_on_public_repos(self, connect: Connect) -> None:
        hub = connect(token="hf_expired")
        with pytest.raises(TokenRejected):
            hub.open_repo(GGUF)
        with pytest.raises(TokenRejected):
            hub.search(SearchQuery())

    def test_the_token_goes_to_the_hub_and_not_to_the_cdn(self, connect: Connect, server: HubServer) -> None:
        hub = connect(token=MEMBER)
        page = hub.open_repo(GGUF)
        hub.open_variant(page.variants[0])
        assert all(request["authorized"] for request in server.seen(r" /(api|TheBloke)/"))
        assert len(server.seen("GET /cdn/")) > 12
        assert not [request for request in server.seen("GET /cdn/") if request["authorized"]]

    def test_without_a_token_none_is_sent(
        self, connect: Connect, server: HubServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", MEMBER)
        connect().open_repo(GGUF)
        assert not [request for request in server.log if request["authorized"]]


class TestFaults:
    def test_what_is_not_there(self, hub: Hub) -> None:
        with pytest.raises(RepoNotFound):
            hub.open_repo(RepoRef("nobody/nothing"))
        with pytest.raises(BranchNotFound) as caught:
            hub.open_repo(RepoRef(GGUF.repo, "no-such-branch"))
        assert "no-such-branch" in str(caught.value)

    @pytest.mark.parametrize("place", [r"GET /api/models\?", r"GET /api/models/TheBloke", r"/resolve/", r"/cdn/"])
    def test_too_many_requests(self, hub: Hub, server: HubServer, place: str) -> None:
        server.faults.add("status", place, times=-1, status=429, headers={"Retry-After": "7"})
        with pytest.raises(HubOverloaded) as caught:
            hub.search(SearchQuery())
            hub.open_repo(GGUF)
        assert caught.value.values["seconds"] == 7

    @pytest.mark.parametrize("place", [r"GET /api/models\?", r"/refs", r"/resolve/", r"/cdn/"])
    def test_an_error_of_the_hub(self, hub: Hub, server: HubServer, place: str) -> None:
        server.faults.add("status", place, times=-1, status=503)
        with pytest.raises(HubFailed):
            hub.search(SearchQuery())
            hub.open_repo(GGUF)

    @pytest.mark.parametrize("place", [r"GET /api/models\?", r"GET /api/models/TheBloke", r"/refs", r"/cdn/"])
    def test_silence_ends(self, connect: Connect, own_repo: tuple[HubServer, Path], place: str) -> None:
        server, root = own_repo
        (root / "localmodels").rename(root / "TheBloke")
        server.faults.add("stall", place, times=-1, after=-1, seconds=600)
        hub = connect(server, seconds=0.3)
        with pytest.raises(HubSilent):
            hub.search(SearchQuery())
            hub.open_repo(RepoRef("TheBloke/Llama-2-7B-Chat-GGUF"))

    def test_a_trickle_ends(self, connect: Connect, own_repo: tuple[HubServer, Path]) -> None:
        server, _ = own_repo
        server.faults.add("throttle", "/cdn/", times=-1, rate=1000)
        with pytest.raises(HubSilent):
            connect(server, total=0.3).open_repo(SMALL)

    def test_a_dropped_connection(self, hub: Hub, server: HubServer) -> None:
        server.faults.add("drop", r"/cdn/", times=-1, after=1000)
        with pytest.raises(HubSilent):
            hub.open_repo(GGUF)

    def test_nobody_there(self, connect: Connect, own_repo: tuple[HubServer, Path]) -> None:
        server, _ = own_repo
        hub = connect(server)
        server.stop()
        with pytest.raises(HubSilent):
            hub.search(SearchQuery())

    def test_an_address_of_no_use_is_told(self, tmp_path: Path) -> None:
        hub = Hub(HubClient(Connection("hub.example")), tmp_path)
        with pytest.raises(HubSilent, match="begin with http"):
            hub.search(SearchQuery())

    def test_offline_asks_nobody(self, connect: Connect, server: HubServer) -> None:
        hub = connect(offline=True)
        for call in (lambda: hub.search(SearchQuery()), lambda: hub.open_repo(GGUF)):
            with pytest.raises(Offline):
                call()
        assert server.log == []

    def test_the_environment_decides(self) -> None:
        connection = Connection.of({"HF_ENDPOINT": "http://mirror.example:80/", "HF_HUB_OFFLINE": "1"})
        assert (connection.endpoint, connection.offline) == ("http://mirror.example:80", True)
        assert Connection.of({}).endpoint == "https://huggingface.co"

    def test_loopback_is_never_asked_through_a_proxy(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert connect().search(SearchQuery()).repos

    def test_the_address_of_a_file_gives_its_variant(self, hub: Hub) -> None:
        page = hub.open_repo(RepoRef(GGUF.repo, "main", "llama-2-13b-chat.Q4_K_M.gguf"))
        assert [one.name for one in page.variants] == ["Q4_K_M"]

    def test_a_wish_to_stop_is_heard(self, hub: Hub) -> None:
        with pytest.raises(Cancelled):
            hub.open_repo(GGUF, lambda: True)


class TestCache:
    def test_headers_are_fetched_once(self, hub: Hub, server: HubServer) -> None:
        first = hub.open_repo(GGUF)
        hub.open_variant(first.variants[0])
        server.log.clear()
        again = hub.open_repo(GGUF)
        hub.open_variant(again.variants[0])
        assert again == first
        assert server.seen("/cdn/|/resolve/") == []

    def test_a_damaged_entry_is_fetched_again(self, hub: Hub, tmp_path: Path) -> None:
        first = hub.open_repo(SMALL)
        for entry in (tmp_path / "cache/headers").glob("*.prefix"):
            entry.write_bytes(b"nonsense")
        assert hub.open_repo(SMALL) == first

    @pytest.mark.skipif(os.name == "nt", reason="a folder is not made read-only there by its mode")
    def test_it_works_without_a_place_to_keep_them(self, connect: Connect, tmp_path: Path) -> None:
        (tmp_path / "cache").write_text("a file")
        assert connect().open_repo(SMALL).variants


class TestHostileFiles:
    """A repo may hold anything."""

    @pytest.fixture
    def place(self, own_repo: tuple[HubServer, Path], connect: Connect) -> Callable[..., Any]:
        server, root = own_repo

        def put(files: dict[str, bytes], sizes: dict[str, int] | None = None) -> Hub:
            home = root / "acme/odd"
            declared = {}
            for path, data in files.items():
                target = home / ("_heads" if sizes and path in sizes else "main") / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                if sizes and path in sizes:
                    declared[path] = {"size": sizes[path], "header": f"_heads/{path}"}
            (home / "files.json").write_text(json.dumps({"main": declared}))
            return connect(server)

        return put

    def test_what_only_looks_like_a_model_is_none(self, place: Callable[..., Hub]) -> None:
        clip = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + _field("general.architecture", "clip")
        hub = place(
            {
                "empty.gguf": b"",
                "zeros.gguf": bytes(1000),
                "named.gguf": b"PK\x03\x04" + bytes(1000),
                "version.gguf": b"GGUF" + b"\xff" * 1000,
                "counts.gguf": b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60) + bytes(1000),
                "projector.gguf": clip,
                "half-00001-of-00002.gguf": clip,
            }
        )
        assert hub.open_repo(RepoRef("acme/odd")).variants == ()

    def test_damaged_safetensors_and_configs_do_no_harm(self, place: Callable[..., Hub]) -> None:
        hub = place(
            {
                "model.safetensors": (1 << 60).to_bytes(8, "little") + bytes(100),
                "config.json": b"[" * 100_000,
                "quantize_config.json": b"\xff\xfe",
                "README.md": b"---\na: &a [*a]\n- broken: [\n---\n# Card",
            }
        )
        page = hub.open_repo(RepoRef("acme/odd"))
        (variant,) = page.variants
        assert (variant.format, variant.shape, variant.weights) == (Format.SAFETENSORS, None, None)
        assert page.card == "# Card"

    def test_what_a_checkpoint_becomes_is_foreseen_as_on_the_disk(
        self, place: Callable[..., Hub], tmp_path: Path
    ) -> None:
        tensors = {name: values.astype(np.float16) for name, values in models.trained().items()}
        folder = models.lay_out(tmp_path / "model", tensors, models.config())
        hub = place({path.name: path.read_bytes() for path in folder.iterdir()})
        (there,) = hub.open_repo(RepoRef("acme/odd")).variants
        here, _ = local_checkpoint(folder)
        assert there.prepared == here.prepared != ()

    def test_an_empty_tokenizer_does_no_harm(self, place: Callable[..., Hub]) -> None:
        hub = place({"model.safetensors": _safetensors({"x": ("F16", [8])}), "tokenizer.json": b""})
        (variant,) = hub.open_repo(RepoRef("acme/odd")).variants
        assert variant.format is Format.SAFETENSORS

    def test_a_config_that_lies_loses_against_the_tensors(self, place: Callable[..., Hub]) -> None:
        shapes = {"g_idx": ("I32", [256]), "qweight": ("I32", [32, 64]), "qzeros": ("I32", [8, 8])}
        hub = place(
            {
                "model.safetensors": _safetensors({**shapes, "scales": ("F16", [8, 64])}),
                "config.json": b'{"quantization_config": {"quant_method": "awq", "bits": 8, "group_size": 128}}',
            }
        )
        (variant,) = hub.open_repo(RepoRef("acme/odd")).variants
        assert (variant.format, variant.bits, variant.group_size) == (Format.GPTQ, 4, 32)
        assert variant.parameters == 256 * 64

    def test_a_header_without_end_is_not_fetched(self, place: Callable[..., Hub]) -> None:
        head = b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + _field("general.architecture", "llama")
        head += struct.pack("<Q", 1) + b"x" + struct.pack("<IQ", 8, 200_000_000)
        hub = place({"long.gguf": head}, {"long.gguf": 400_000_000})
        (variant,) = hub.open_repo(RepoRef("acme/odd")).variants
        with pytest.raises(RemoteHeaderTooLong):
            hub.open_variant(variant)


class TestGarbage:
    """An endpoint that is something else than a Hub."""

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"null",
            b"[1, 2]",
            b'{"id": 5, "siblings": 7}',
            b'[{"tags": 3}]',
            b"[" * 100_000,
            b"\xff\xfe",
        ],
    )
    def test_it_is_an_error_of_the_hub(self, body: bytes, connect: Connect, garbage: Callable[[bytes], Any]) -> None:
        hub = connect(garbage(body))
        with pytest.raises(ParleyError) as caught:
            hub.search(SearchQuery())
        assert isinstance(caught.value, HubFailed)
        with pytest.raises(HubFailed):
            hub.open_repo(GGUF)

    @pytest.fixture
    def garbage(self) -> Iterator[Callable[[bytes], Any]]:
        answer = {"body": b""}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer["body"])))
                self.end_headers()
                self.wfile.write(answer["body"])

            def log_message(self, *args: object) -> None:
                pass

        class Address:
            url = ""

        listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()

        def serve(body: bytes) -> Address:
            answer["body"] = body
            address = Address()
            address.url = f"http://127.0.0.1:{listener.server_address[1]}"
            return address

        yield serve
        listener.shutdown()
        listener.server_close()
        thread.join()


def _field(key: str, value: str) -> bytes:
    name, text = key.encode(), value.encode()
    return struct.pack("<Q", len(name)) + name + struct.pack("<IQ", 8, len(text)) + text


def _safetensors(shapes: dict[str, tuple[str, list[int]]]) -> bytes:
    table, used = {}, 0
    for name, (dtype, shape) in shapes.items():
        count = {"I32": 4, "F16": 2}[dtype]
        for size in shape:
            count *= size
        table[f"model.layers.0.mlp.up_proj.{name}"] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [used, used + count],
        }
        used += count
    text = json.dumps(table).encode()
    return len(text).to_bytes(8, "little") + text + bytes(used)
