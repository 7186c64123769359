"""Headers of files on the Hub: fetched by range, parsed, and remembered by commit and path.

Runs in the hub child or on the command line; methods may be called by several threads.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.catalog.find.hub_client import HubClient
from app.catalog.find.remote_file import MAX_HEADER_BYTES, PREFIX_BYTES, HeaderCache, RemoteStart
from app.catalog.gguf.header import GgufHeader, read_header_from
from app.catalog.gguf.prefix import read_prefix
from app.core.catalog.hub_errors import RemoteHeaderTooLong
from app.core.catalog.safetensors import SafetensorsHeader, header_length, parse_header
from app.core.errors import ParleyError
from app.core.sizes import format_bytes

_T = TypeVar("_T")


class RemoteHeaders:
    """Reads the headers of files at a pinned commit."""

    def __init__(self, client: HubClient, cache: HeaderCache) -> None:
        self._client = client
        self._cache = cache

    def gguf_prefix(self, repo: str, commit: str, path: str, file_bytes: int) -> GgufHeader:
        """What the first 64 kB tell.

        Raises:
            ParleyError: the file is no GGUF, or cannot be read.
        """
        place = self._cache.path(repo, commit, path, "prefix")
        return self._through_cache(
            place,
            lambda: self._client.file(repo, commit, path, stop=min(PREFIX_BYTES, file_bytes)),
            lambda data: read_prefix(data, Path(path), file_bytes),
        )

    def gguf(self, repo: str, commit: str, path: str, file_bytes: int) -> tuple[GgufHeader, Path]:
        """The whole header, and the local file that holds its bytes and nothing else.

        Raises:
            ParleyError: the file is no GGUF, is damaged, or cannot be read.
        """
        place = self._cache.path(repo, commit, path, "gguf")

        def fetch() -> bytes:
            start = RemoteStart(path, file_bytes, functools.partial(self._range, repo, commit, path))
            header = read_header_from(io.BufferedReader(start, PREFIX_BYTES), Path(path))
            start.seek(0)
            return start.read(header.header_bytes)

        def parse(data: bytes) -> GgufHeader:
            known = RemoteStart(path, file_bytes, lambda begin, end: data[begin:end])
            return read_header_from(io.BufferedReader(known, PREFIX_BYTES), Path(path))

        return self._through_cache(place, fetch, parse), place

    def safetensors(self, repo: str, commit: str, path: str, file_bytes: int) -> SafetensorsHeader:
        """The whole header.

        Raises:
            ParleyError: the file is no safetensors file, is damaged, or cannot be read.
        """
        place = self._cache.path(repo, commit, path, "safetensors")

        def fetch() -> bytes:
            start = self._range(repo, commit, path, 0, min(PREFIX_BYTES, file_bytes))
            length = header_length(start, path, file_bytes)
            if length > MAX_HEADER_BYTES:
                raise RemoteHeaderTooLong(file=path, limit=format_bytes(MAX_HEADER_BYTES))
            if length > len(start):
                start += self._range(repo, commit, path, len(start), length)
            return start[:length]

        return self._through_cache(place, fetch, lambda data: parse_header(data, path, file_bytes))

    def text(self, repo: str, commit: str, path: str, limit: int) -> bytes:
        """A small file, cut off at `limit` bytes.

        Raises:
            ParleyError: it cannot be read.
        """
        place = self._cache.path(repo, commit, path, "text")
        return self._through_cache(place, lambda: self._client.file(repo, commit, path, stop=limit), bytes)

    def end(self, repo: str, commit: str, path: str, file_bytes: int, count: int) -> bytes:
        """The last bytes of a file.

        Raises:
            ParleyError: it cannot be read.
        """
        place = self._cache.path(repo, commit, path, "end")
        start = max(file_bytes - count, 0)
        return self._through_cache(place, lambda: self._range(repo, commit, path, start, file_bytes), bytes)

    def _range(self, repo: str, commit: str, path: str, start: int, stop: int) -> bytes:
        return self._client.file(repo, commit, path, start=start, stop=stop)

    def _through_cache(self, place: Path, fetch: Callable[[], bytes], parse: Callable[[bytes], _T]) -> _T:
        known = self._cache.read(place)
        if known is not None:
            try:
                return parse(known)
            except ParleyError:
                self._cache.forget(place)
        data = fetch()
        parsed = parse(data)
        self._cache.keep(place, data)
        return parsed
