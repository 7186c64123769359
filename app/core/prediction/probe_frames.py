"""The frames of the probe child: what a machine has, and what a model would need of it."""

from __future__ import annotations

import msgspec

from app.core.catalog.hub import HeaderCopy
from app.core.engine.loading import LoadOptions


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class Probe(_Frame, frozen=True, tag="probe"):
    """Tell what this machine has."""


class MeasureNeed(_Frame, frozen=True, tag="measure-need"):
    """Let llama.cpp plan a load of this GGUF file without its weights, and tell the buffers it would make.

    Only the header is read, so the file may be sparse behind it.
    """

    path: str
    options: LoadOptions = LoadOptions()


class MeasureRemote(_Frame, frozen=True, tag="measure-remote"):
    """The same for a model of which only the headers are here: its file's, or those of all its shards in order."""

    headers: tuple[HeaderCopy, ...]
    options: LoadOptions = LoadOptions()


class DeviceInfo(msgspec.Struct, frozen=True):
    """A device as ggml sees it; sizes in bytes."""

    name: str
    description: str
    kind: str
    backend: str
    total: int
    free: int


class Machine(_Frame, frozen=True, tag="machine"):
    """What a probe found; sizes in bytes.

    `memory_bandwidth` is how fast main memory was read, in bytes per second. `unused` explains every
    GPU that is there but that no loaded backend can use.
    """

    llama_cpp_version: str
    devices: tuple[DeviceInfo, ...]
    memory_total: int
    memory_available: int
    physical_cores: int
    logical_cores: int
    cpu_features: tuple[str, ...]
    unused: tuple[str, ...] = ()
    memory_bandwidth: float = 0.0


class MeasuredNeed(_Frame, frozen=True, tag="measured-need"):
    """What llama.cpp planned for a context in tokens, in bytes; `compute_bytes` by the kind of buffer."""

    path: str
    options: LoadOptions
    kv_bytes: int
    compute_bytes: dict[str, int]
    output_bytes: int


ProbeCommand = Probe | MeasureNeed | MeasureRemote
ProbeEvent = Machine | MeasuredNeed
