"""The Hub as a catalog: searches it, and reads a repo with all its variants.

Runs in the hub child or on the command line; a call may take seconds and uses some threads, which
have ended when it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec
from huggingface_hub import ModelInfo

from app.catalog.find.branch import Branch
from app.catalog.find.card import Card, parse_card
from app.catalog.find.file_groups import FileGroup, gguf_candidates, safetensors_groups
from app.catalog.find.header_size import END_BYTES, PIECES, TOKENIZER
from app.catalog.find.headers import RemoteHeaders
from app.catalog.find.hub_client import HubClient
from app.catalog.find.hub_replies import listed_branch, repo_page, search_parameters, summary_of
from app.catalog.find.remote_file import HeaderCache
from app.catalog.find.repo_ref import RepoRef
from app.catalog.find.variants import opened, variants_of
from app.catalog.gguf.header import GgufHeader
from app.core.catalog.hub import Format, HeaderCopy, RemoteFile, RepoPage, SearchPage, SearchQuery, Variant
from app.core.catalog.hub_errors import RemoteHeaderTooLong, RepoGated, SafetensorsDamaged
from app.core.catalog.safetensors import SafetensorsHeader
from app.core.engine.model_errors import GgufDamaged, NotGguf
from app.core.errors import Cancelled, Failure

_THREADS = 8
_MAX_BRANCHES = 100
_MAX_HEADERS = 400
_MAX_CONFIG_BYTES = 4 * 1024 * 1024
_MAX_CARD_BYTES = 2 * 1024 * 1024
_CONFIGS = ("config.json", "quantize_config.json")
_UNREADABLE = (NotGguf, GgufDamaged, SafetensorsDamaged, RemoteHeaderTooLong)

_T = TypeVar("_T")
_R = TypeVar("_R")
Stopped = Callable[[], bool]


def never() -> bool:
    """Nobody wants to stop."""
    return False


class Hub:
    """One Hub, for one caller at a time; `cache` is the folder for what is fetched of headers."""

    def __init__(self, client: HubClient, cache: Path) -> None:
        self._client = client
        store = HeaderCache(cache / "headers")
        store.prune()
        self._headers = RemoteHeaders(client, store)

    def search(self, query: SearchQuery, cursor: str = "") -> SearchPage:
        """A page of what was found; `cursor` is the last page's.

        Raises:
            ParleyError: the Hub cannot be searched.
        """
        body, following = self._client.json("/api/models", cursor or search_parameters(query))
        with self._client.translated():
            found = msgspec.json.decode(body, type=list[dict[str, object]])
            infos = [ModelInfo(**item) for item in found]  # type: ignore[no-untyped-call]
            return SearchPage(repos=tuple(summary_of(info) for info in infos), cursor=following)

    def open_repo(self, ref: RepoRef, stopped: Stopped = never) -> RepoPage:
        """A repo with the variants of all its branches, or of the branch or the file that `ref` names.

        Raises:
            Cancelled: `stopped` said so.
            ParleyError: the repo cannot be read. One whose files alone are refused is given with the
                refusal in it.
        """
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="hub") as pool:
            main = self._info(ref.repo, ref.branch)
            repo = main.id
            names = [ref.branch] if ref.branch else self._branches(repo)
            infos = _each(pool, names, lambda name: self._named_info(repo, name, main, ref.branch), stopped)
            refusal = self._refusal(main)
            branches = [
                listed_branch(repo, name, info, refused=refusal is not None)
                for name, info in zip(names, infos, strict=True)
            ]
            if refusal is None:
                branches = self._read(pool, branches, stopped)
        home = branches[0] if branches else None
        card = self._card(home) if home and refusal is None else Card()
        variants = tuple(variant for branch in branches for variant in variants_of(branch))
        if ref.file:
            named = tuple(one for one in variants if any(file.path == ref.file for file in one.files))
            variants = named or variants
        return repo_page(main, ref.branch, variants, card, refusal)

    def open_variant(self, variant: Variant) -> tuple[Variant, tuple[HeaderCopy, ...]]:
        """A variant with exact weights, and for GGUF the headers of its file or of all its shards.

        Raises:
            ParleyError: its headers cannot be read.
        """
        if variant.format is not Format.GGUF:
            return variant, ()
        group = next(group for group in gguf_candidates(variant.files) if group.first.path == variant.header_file)
        files = [(group.first.path, group.bytes)] if group.is_cut else [(part.path, part.bytes) for part in group.parts]
        read = [self._headers.gguf(variant.repo, variant.commit, path, size) for path, size in files]
        copies = tuple(HeaderCopy(str(copy), size) for (_, copy), (_, size) in zip(read, files, strict=True))
        return opened(variant, tuple(header for header, _ in read)), copies

    def _info(self, repo: str, branch: str) -> ModelInfo:
        with self._client.translated(repo, branch):
            return self._client.api.model_info(repo, revision=branch or None, files_metadata=True)

    def _named_info(self, repo: str, name: str, main: ModelInfo, asked: str) -> ModelInfo:
        return main if name == (asked or "main") else self._info(repo, name)

    def _branches(self, repo: str) -> list[str]:
        with self._client.translated(repo):
            names = [ref.name for ref in self._client.api.list_repo_refs(repo).branches]
        return sorted(names, key=lambda name: (name != "main", name))[:_MAX_BRANCHES]

    def _refusal(self, info: ModelInfo) -> Failure | None:
        """Why the files may not be read, though the listing is public."""
        if not info.gated:
            return None
        try:
            with self._client.translated(info.id):
                self._client.api.auth_check(info.id)
        except RepoGated as error:
            return Failure.of(error)
        return None

    def _read(self, pool: ThreadPoolExecutor, branches: list[Branch], stopped: Stopped) -> list[Branch]:
        """The branches with their configs and headers."""
        return [
            Branch(
                repo=branch.repo,
                name=branch.name,
                commit=branch.commit,
                files=branch.files,
                config=config,
                gguf=gguf,
                safetensors=safetensors,
                tokenizer_end=end,
                parameters=branch.parameters,
            )
            for branch, config, gguf, safetensors, end in zip(
                branches,
                _each(pool, branches, self._config, stopped),
                self._all(pool, branches, gguf_candidates, self._gguf_prefix, stopped),
                self._all(pool, branches, _shards, self._safetensors, stopped),
                _each(pool, branches, self._tokenizer_end, stopped),
                strict=True,
            )
        ]

    def _all(
        self,
        pool: ThreadPoolExecutor,
        branches: list[Branch],
        choose: Callable[[Iterable[RemoteFile]], tuple[FileGroup, ...]],
        read: Callable[[tuple[Branch, FileGroup]], _R | None],
        stopped: Stopped,
    ) -> list[dict[str, _R]]:
        """A header for each file that was chosen and has one, by path, for each branch."""
        asked = [(branch, group) for branch in branches for group in choose(branch.files)][:_MAX_HEADERS]
        found: dict[str, dict[str, _R]] = {branch.name: {} for branch in branches}
        for (branch, group), header in zip(asked, _each(pool, asked, read, stopped), strict=True):
            if header is not None:
                found[branch.name][group.first.path] = header
        return [found[branch.name] for branch in branches]

    def _gguf_prefix(self, asked: tuple[Branch, FileGroup]) -> GgufHeader | None:
        branch, group = asked
        try:
            return self._headers.gguf_prefix(branch.repo, branch.commit, group.first.path, group.first.bytes)
        except _UNREADABLE:
            return None

    def _safetensors(self, asked: tuple[Branch, FileGroup]) -> SafetensorsHeader | None:
        branch, group = asked
        try:
            return self._headers.safetensors(branch.repo, branch.commit, group.first.path, group.first.bytes)
        except _UNREADABLE:
            return None

    def _config(self, branch: Branch) -> dict[str, object]:
        """config.json; a quantize_config.json beside it is what its quantization_config would be."""
        there = {file.path for file in branch.files}
        config, older = (self._json(branch, name) if name in there else {} for name in _CONFIGS)
        stated = config.get("quantization_config")
        if older:
            config["quantization_config"] = {**older, **(stated if isinstance(stated, dict) else {})}
        return config

    def _tokenizer_end(self, branch: Branch) -> bytes:
        """Nothing where no vocabulary is to be made of a tokenizer.json."""
        sizes = {file.path: file.bytes for file in branch.files}
        if not sizes.get(TOKENIZER) or PIECES in sizes or not safetensors_groups(branch.files):
            return b""
        return self._headers.end(branch.repo, branch.commit, TOKENIZER, sizes[TOKENIZER], END_BYTES)

    def _json(self, branch: Branch, path: str) -> dict[str, object]:
        data = self._headers.text(branch.repo, branch.commit, path, _MAX_CONFIG_BYTES)
        try:
            found = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _card(self, branch: Branch) -> Card:
        if not any(file.path == "README.md" for file in branch.files):
            return Card()
        return parse_card(self._headers.text(branch.repo, branch.commit, "README.md", _MAX_CARD_BYTES))


def _each(pool: ThreadPoolExecutor, items: list[_T], work: Callable[[_T], _R], stopped: Stopped) -> list[_R]:
    """The work on each item, on several threads; the first failure ends it."""

    def run(item: _T) -> _R:
        if stopped():
            raise Cancelled
        return work(item)

    futures = [pool.submit(run, item) for item in items]
    try:
        return [future.result() for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _shards(files: Iterable[RemoteFile]) -> tuple[FileGroup, ...]:
    """Each safetensors file by itself, since each has a header."""
    return tuple(FileGroup(part.path, (part,)) for group in safetensors_groups(files) for part in group.parts)
