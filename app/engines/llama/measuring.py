"""What a model needs, told by llama.cpp itself without loading it, and how fast memory is read; probe child."""

from __future__ import annotations

import os
import re
import statistics
from itertools import cycle
from time import perf_counter

from llama_cpp import llama_cpp as llama

from app.core.engine.loading import LoadOptions
from app.core.engine.model_errors import ModelLoadFailed
from app.core.prediction.fit import Hardware
from app.core.prediction.probe_frames import MeasuredNeed
from app.engines.base import ModelSource
from app.engines.llama import devices
from app.engines.llama.model import Plan, context_parameters, decide, load_error, physical_cores
from app.engines.llama.native import NativeLog

LOG_LINES = 4000

_MIB = 1024**2
_SIZE = r"= *([\d.]+) MiB"
_KV = re.compile(rf"^llama_(?:kv_cache|memory_recurrent)\w*: size {_SIZE} \(", re.MULTILINE)
_COMPUTE = re.compile(rf"(\S+) compute buffer size {_SIZE}", re.MULTILINE)
_OUTPUT = re.compile(rf"output buffer size {_SIZE}", re.MULTILINE)

_COPY_BYTES, _PIECE_BYTES = 64 * _MIB, 4 * _MIB
_COPY_SECONDS = 0.1


def measure_need(source: ModelSource, options: LoadOptions, log: NativeLog) -> MeasuredNeed:
    """Plan a load without allocating, and read the sizes from llama.cpp's log.

    Raises:
        InvalidOption: options contradict each other or the model.
        ArchitectureUnknown: llama.cpp cannot run it.
        ModelLoadFailed: llama.cpp refused it for another reason.
    """
    plan = decide(source, options, Hardware.of(devices.probe()), physical_cores())
    log.clear()
    _plan_natively(source, plan, log)
    text = log.text
    compute = {name: round(float(size) * _MIB) for name, size in _COMPUTE.findall(text)}
    if not compute:
        raise ModelLoadFailed(text, file=source.path.name)
    return MeasuredNeed(
        path=str(source.path),
        options=plan.options,
        kv_bytes=_sum(_KV, text),
        compute_bytes=compute,
        output_bytes=_sum(_OUTPUT, text),
    )


def memory_bandwidth() -> float:
    """Bytes per second at which main memory is copied by one thread, reads and writes counted.

    The median of pieces so short that few are interrupted: on a busy machine the core goes to other programs for much
    longer than a piece takes.
    """
    source, target = memoryview(bytearray(os.urandom(4096) * (_COPY_BYTES // 4096))), memoryview(bytearray(_COPY_BYTES))
    target[:] = source
    pieces = cycle([slice(at, at + _PIECE_BYTES) for at in range(0, _COPY_BYTES, _PIECE_BYTES)])
    seconds: list[float] = []
    start = before = perf_counter()
    while before - start < _COPY_SECONDS:
        piece = next(pieces)
        target[piece] = source[piece]
        after = perf_counter()
        seconds.append(after - before)
        before = after
    return 2 * _PIECE_BYTES / statistics.median(seconds)


def _plan_natively(source: ModelSource, plan: Plan, log: NativeLog) -> None:
    parameters = llama.llama_model_default_params()
    parameters.no_alloc = True
    parameters.load_mode = llama.LLAMA_LOAD_MODE_NONE
    parameters.n_gpu_layers = plan.gpu_layers
    model = llama.llama_model_load_from_file(os.fsencode(source.path), parameters)
    if not model:
        raise load_error(source, log)
    try:
        context = llama.llama_init_from_model(model, context_parameters(source, plan))
        if not context:
            raise load_error(source, log)
        llama.llama_free(context)
    finally:
        llama.llama_model_free(model)


def _sum(pattern: re.Pattern[str], text: str) -> int:
    return round(sum(float(size) for size in pattern.findall(text)) * _MIB)
