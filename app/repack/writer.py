"""Writes the modules of a plan into a part: read one after the other, encoded by strips on all cores, compared.

The calling thread reads the packed weights of a module whole, as they lie on the disk, while threads still encode those
before; numpy lets go of the interpreter. At most `_LOADED_BYTES` are in memory that way, besides the strips at work.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from app.core.checkpoints.repack import RepackActivity, RepackProgress
from app.core.checkpoints.repack_errors import ScalesNotFinite
from app.core.errors import Cancelled
from app.repack import blocks
from app.repack.arrays import Bytes, Floats
from app.repack.check import require_alike, sampled_rows
from app.repack.layout import Module
from app.repack.part import Part
from app.repack.source import Loaded
from app.repack.supply import Supply

_LOADED_BYTES = 256 * 1024 * 1024
_TELL_SECONDS = 0.2
_LARGEST = 65504.0
"""A weight that is larger could have a scale beyond float16."""

Quantize = Callable[[Floats, int], Bytes]
"""Makes blocks of weights (rows, columns), of a type by its number in ggml: see `blocks.K_QUANTS`."""


class Meter:
    """Tells how far a repack is, a few times a second; used by one thread."""

    def __init__(self, tell: Callable[[RepackProgress], None], total: int) -> None:
        self._tell = tell
        self._total = total
        self._done = self._before = 0
        self._begun = time.monotonic()
        self._told_at = 0.0

    def skip(self, count: int) -> None:
        """So many bytes of the source were done by an earlier run."""
        self._done += count
        self._before += count

    def add(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        now = time.monotonic()
        if now - self._told_at < _TELL_SECONDS:
            return
        self._told_at = now
        rate = (self._done - self._before) / max(now - self._begun, 1e-6)
        left = (self._total - self._done) / rate if rate > 0 else None
        self.tell(RepackActivity.WRITING, rate, left)

    def tell(self, activity: RepackActivity, rate: float = 0.0, left: float | None = None) -> None:
        """Say what is done now."""
        done = min(self._done, self._total)
        self._tell(RepackProgress(activity=activity, done=done, total=self._total, rate=rate, seconds_left=left))


@dataclass(frozen=True)
class _Begun:
    """A module at work."""

    module: Module
    loaded: Loaded
    strips: tuple[Future[None], ...]


@dataclass(frozen=True)
class Means:
    """What modules are written with; `stopped` is asked often, `workers` is how many threads encode."""

    stopped: Callable[[], bool]
    quantize: Quantize
    workers: int
    supply: Supply


class Writer:
    """Writes modules that are not yet done."""

    def __init__(self, part: Part, meter: Meter, means: Means) -> None:
        self._part = part
        self._meter = meter
        self._means = means

    def run(self, modules: Sequence[Module]) -> None:
        """Write them in this order; before one has to be waited for, those begun are finished.

        Raises:
            Cancelled: `stopped` said so.
            ParleyError: the source is unsound or does not come, the result differs, or the disk takes no more.
        """
        begun: deque[_Begun] = deque()
        with ThreadPoolExecutor(self._means.workers, thread_name_prefix="repack") as pool:
            try:
                for module in modules:
                    while begun and (_exceeds(begun, module) or not self._means.supply.has(module)):
                        self._finish(begun.popleft())
                    self._means.supply.wait_for(module)
                    self._require_going()
                    loaded = module.source.load()
                    strips = [pool.submit(self._strip, module, loaded, *rows) for rows in module.strips()]
                    begun.append(_Begun(module, loaded, tuple(strips)))
                while begun:
                    self._finish(begun.popleft())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _strip(self, module: Module, loaded: Loaded, first: int, last: int) -> None:
        rows = module.rows(first, last)
        searched = module.target.kind in blocks.K_QUANTS
        data = self._quantized(module, loaded.decode(rows)) if searched else loaded.encode(rows)
        self._part.write(module.offset + first * module.row_bytes, np.ascontiguousarray(data).data.cast("B"))

    def _quantized(self, module: Module, weights: Floats) -> Bytes:
        if not np.abs(weights).max() <= _LARGEST:
            raise ScalesNotFinite(tensor=module.source.names[0])
        return self._means.quantize(weights, module.target.kind)

    def _finish(self, begun: _Begun) -> None:
        """Wait for a module's strips, compare some rows, and note that it is done."""
        module = begun.module
        for strip in begun.strips:
            strip.result()
            self._require_going()
        places = sampled_rows(module.source.rows, module.number)
        meant = begun.loaded.decode(places if module.order is None else module.order[places])
        stored = [self._part.read(module.offset + int(row) * module.row_bytes, module.row_bytes) for row in places]
        rows = np.frombuffer(b"".join(stored), np.uint8).reshape(len(places), -1)
        require_alike(module.target.name, module.source.fate, module.target.kind, rows, meant)
        self._part.finished(module.number, module.source.rows * module.row_bytes)
        self._meter.add(module.source.nbytes)
        self._means.supply.finished(module)

    def _require_going(self) -> None:
        if self._means.stopped():
            raise Cancelled


def _exceeds(begun: deque[_Begun], following: Module) -> bool:
    """Whether one more would be too much in memory."""
    return sum(one.module.source.nbytes for one in begun) + following.source.nbytes > _LOADED_BYTES
