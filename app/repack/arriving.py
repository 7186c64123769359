"""Shards that are repacked while they arrive: each goes as soon as all that needs it is written, compared and synced.

One thread brings shards in their order, verified, and sees that they agree with the skeletons that were planned from;
the thread that writes waits for those it needs. At most two lie on the disk at a time, the one on its way among them,
unless a module has tensors in more of them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, Self

from app.core.catalog.on_the_way import SHARDS_AT_ONCE
from app.core.catalog.safetensors import SafetensorsHeader
from app.core.checkpoints.repack_errors import SourceChanged
from app.core.errors import Cancelled
from app.repack.arrays import Array
from app.repack.checkpoint import Checkpoint, SourceFile
from app.repack.layout import Module
from app.repack.part import Part
from app.repack.skeleton import Skeleton
from app.repack.whereabouts import Identity, NeedsAll

_LOOK_SECONDS = 0.1


class Carrier(Protocol):
    """Brings the shards of one download, and takes them away."""

    def expect(self, shards: Sequence[Path], room: int, result: int) -> None:
        """These are still to be brought; so many more bytes of them lie there at once, and of the result.

        Raises:
            DiskTooSmall: they do not.
        """

    def bring(self, shard: Path, halt: threading.Event) -> None:
        """Fetch a shard, verify it and put it in place; ends early with any exception once `halt` is set."""

    def take_away(self, shard: Path) -> None:
        """Delete a shard that has served, or what has arrived of it."""

    def missing(self, shard: Path) -> int:
        """The bytes of disk that a shard needs still."""


class Arriving:
    """A supply of shards that a carrier brings; a context manager, which stops it."""

    def __init__(self, skeletons: Sequence[Skeleton], carrier: Carrier, stopped: Callable[[], bool]) -> None:
        self._skeletons = {one.shard.path: one for one in skeletons}
        self._carrier = carrier
        self._stopped = stopped
        self._presumed: dict[Path, list[tuple[str, Callable[[Array], bool]]]] = {}
        self._checkpoint: Checkpoint | None = None
        self._part: Part | None = None
        self._needs: dict[int, frozenset[Path]] = {}
        self._uses: Counter[Path] = Counter()
        self._whole: set[Path] = set()
        self._here: dict[Path, SourceFile] = {}
        self._awaited: frozenset[Path] = frozenset()
        self._error: BaseException | None = None
        self._news = threading.Condition()
        self._halt = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._news:
            self._halt.set()
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join()

    @property
    def arriving(self) -> frozenset[str]:
        """See `Supply`."""
        return frozenset(path.name for path in self._skeletons)

    @property
    def identity(self) -> Sequence[Identity]:
        """See `Supply`."""
        return [(path.name, one.shard.sha256, one.digest) for path, one in self._skeletons.items()]

    def header(self, path: Path) -> SafetensorsHeader:
        """See `Supply`."""
        return self._skeletons[path].header

    def locate(self, path: Path, offset: int, count: int) -> tuple[Path, int]:
        """See `Supply`."""
        if path in self._whole:
            return path, offset
        place = self._skeletons[path].place(offset, count)
        if place is None:
            raise NeedsAll
        return self._skeletons[path].path, place

    def presume(self, path: Path, name: str, test: Callable[[Array], bool]) -> bool:
        """See `Supply`."""
        self._presumed.setdefault(path, []).append((name, test))
        return True

    def begin(self, checkpoint: Checkpoint, modules: Sequence[Module], part: Part) -> None:
        """See `Supply`; shards that no module needs any more go at once."""
        self._checkpoint, self._part = checkpoint, part
        self._needs = {one.number: frozenset(map(checkpoint.file_of, one.source.names)) for one in modules}
        self._uses.update(path for paths in self._needs.values() for path in paths)
        coming = sorted(self._uses)
        for path in self._skeletons.keys() - self._uses.keys():
            self._carrier.take_away(path)
        self._carrier.expect(coming, max(self._amounts(coming), default=0), part.missing)
        self._thread = threading.Thread(target=self._bring_all, args=(coming,), name="shards", daemon=True)
        self._thread.start()

    def has(self, module: Module) -> bool:
        """See `Supply`."""
        return self._needs[module.number] <= self._here.keys()

    def wait_for(self, module: Module) -> None:
        """See `Supply`."""
        with self._news:
            self._awaited = self._needs[module.number]
            self._news.notify_all()
            while not self.has(module):
                if self._stopped():
                    raise Cancelled
                if self._error is not None:
                    raise self._error
                self._news.wait(_LOOK_SECONDS)
            self._awaited = frozenset()

    def finished(self, module: Module) -> None:
        """See `Supply`."""
        for path in self._needs[module.number]:
            self._uses[path] -= 1
            if not self._uses[path]:
                self._let_go(path)

    def _let_go(self, path: Path) -> None:
        """What was made of a shard is on the disk itself before the shard goes."""
        assert self._checkpoint is not None and self._part is not None
        self._part.sync()
        self._here[path].require_unchanged()
        self._checkpoint.release(path)
        self._carrier.take_away(path)
        with self._news:
            del self._here[path]
            self._news.notify_all()

    def _amounts(self, coming: Sequence[Path]) -> Iterator[int]:
        """The room that is needed as each arrives: for those that still serve, or at least the one before."""
        last = {path: max(max(needs) for needs in self._needs.values() if path in needs) for path in coming}
        for index, path in enumerate(coming):
            kept = [other for other in coming[: index + 1] if last[other] >= path]
            before = coming[max(index - 1, 0) : index] if len(kept) < SHARDS_AT_ONCE else []
            yield sum(map(self._carrier.missing, (*kept, *before)))

    def _bring_all(self, coming: Sequence[Path]) -> None:
        try:
            for path in coming:
                if not self._await_turn():
                    return
                self._carrier.bring(path, self._halt)
                self._look_at(path)
        except BaseException as error:
            with self._news:
                self._error = error
                self._news.notify_all()

    def _await_turn(self) -> bool:
        """Wait until the next shard may be brought; False when it is time to stop."""
        with self._news:
            while not self._halt.is_set() and len(self._here) >= SHARDS_AT_ONCE and self._awaited <= self._here.keys():
                self._news.wait()
            return not self._halt.is_set()

    def _look_at(self, path: Path) -> None:
        """A shard is there: is it what the plan was made from?

        Raises:
            SourceChanged: it is not.
            NeedsAll: what was presumed of it is not so.
        """
        assert self._checkpoint is not None
        here = SourceFile.of(path)
        if not self._skeletons[path].agrees():
            raise SourceChanged(file=path.name)
        self._whole.add(path)
        if not all(self._checkpoint.passes(*one) for one in self._presumed.get(path, ())):
            raise NeedsAll
        with self._news:
            self._here[path] = here
            self._news.notify_all()
