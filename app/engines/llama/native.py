"""The parts of llama.cpp's and ggml's C interface that llama_cpp does not declare.

Runs in the engine and probe children, on their main thread, and in part in the repack child; llama.cpp calls the log
from any of its threads. Importing it loads the native libraries.
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import llama_cpp
from llama_cpp import llama_cpp as llama

LIBRARIES = Path(llama_cpp.__file__).parent / "lib"
KEPT_LOG_LINES = 60

RPC = "RPC"
"""The backend that computes on other machines, as ggml names it."""

DEVICE_KINDS = {0: "cpu", 1: "gpu", 2: "igpu", 3: "accelerator", 4: "meta"}
"""`enum ggml_backend_dev_type` of ggml-backend.h."""

_ABORTED = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
_ADD_SERVER = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)

_kept: list[object] = []
"""Callbacks that native code may call as long as the process lives, whether or not their makers do."""


@dataclass(frozen=True)
class NativeDevice:
    """One of ggml's devices; sizes in bytes, as the driver tells them, `handle` is the `ggml_backend_dev_t`."""

    name: str
    description: str
    kind: str
    backend: str
    total: int
    free: int
    handle: int = 0

    @property
    def holds_layers(self) -> bool:
        """Whether llama.cpp offloads layers to it."""
        return self.kind in ("gpu", "igpu")

    @property
    def shares_memory(self) -> bool:
        """Whether its memory is the machine's main memory: an integrated GPU, or Apple's."""
        return self.kind == "igpu" or self.backend in ("MTL", "Metal")


class NativeLog:
    """Receives llama.cpp's log in place of the standard error stream and keeps the last lines."""

    def __init__(self, kept_lines: int = KEPT_LOG_LINES) -> None:
        self._lines: deque[str] = deque(maxlen=kept_lines)
        self._open = ""
        self._callback = llama.llama_log_callback(self._receive)

    def install(self) -> None:
        """Become the process's only log, as long as there is no other."""
        _kept.append(self._callback)
        llama.llama_log_set(self._callback, ctypes.c_void_p(0))

    def clear(self) -> None:
        """Forget what was said before."""
        self._lines.clear()
        self._open = ""

    @property
    def text(self) -> str:
        """The last lines."""
        return "\n".join([*self._lines, self._open] if self._open else self._lines)

    def _receive(self, _level: int, text: bytes, _data: object) -> None:
        *whole, self._open = (self._open + text.decode(errors="replace")).split("\n")
        self._lines.extend(whole)


class NativeAbort:
    """Has `tell` called, on whatever thread, with what ggml says before it ends the process."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._callback = _ABORTED(lambda message: tell(_text(message)))

    def install(self) -> None:
        """Become the process's only one, as long as there is no other."""
        _kept.append(self._callback)
        _ggml_base().ggml_set_abort_callback(self._callback)


def start(log: NativeLog) -> None:
    """Make llama.cpp ready: its log first, then the backends, loaded from files where they are plugins.

    When native code aborts, it must end this process at once, not wait for a debugger's backtrace.
    """
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    log.install()
    if _ggml().ggml_backend_dev_count() == 0:
        _ggml().ggml_backend_load_all_from_path(os.fsencode(LIBRARIES))
    llama.llama_backend_init()


def registered_backends() -> list[str]:
    """The names of the backends at work."""
    registry, base = _ggml(), _ggml_base()
    found = (registry.ggml_backend_reg_get(index) for index in range(registry.ggml_backend_reg_count()))
    return [_text(base.ggml_backend_reg_name(backend)) for backend in found]


def devices() -> list[NativeDevice]:
    """All devices of the loaded backends, in ggml's order."""
    registry = _ggml()
    return [_described(registry.ggml_backend_dev_get(index)) for index in range(registry.ggml_backend_dev_count())]


def has_rpc() -> bool:
    """Whether llama.cpp can compute on other machines."""
    return bool(_ggml().ggml_backend_reg_by_name(RPC.encode()))


def rpc_devices(host: str) -> list[NativeDevice]:
    """The devices of the RPC server at `host:port`, which must be there: else llama.cpp ends this process.

    They are not among `devices`, and so take part in the loads that name them alone.
    """
    base = _ggml_base()
    backend = _ggml().ggml_backend_reg_by_name(RPC.encode())
    add_server = _ADD_SERVER(base.ggml_backend_reg_get_proc_address(backend, b"ggml_backend_rpc_add_server"))
    server = add_server(host.encode())
    count = base.ggml_backend_reg_dev_count(server) if server else 0
    return [_described(base.ggml_backend_reg_dev_get(server, index)) for index in range(count)]


def _described(device: int) -> NativeDevice:
    base = _ggml_base()
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    base.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
    return NativeDevice(
        name=_text(base.ggml_backend_dev_name(device)),
        description=_text(base.ggml_backend_dev_description(device)).strip(),
        kind=DEVICE_KINDS.get(base.ggml_backend_dev_type(device), "other"),
        backend=_text(base.ggml_backend_reg_name(base.ggml_backend_dev_backend_reg(device))),
        total=total.value,
        free=free.value,
        handle=device,
    )


@cache
def abort_callback() -> ctypes._FuncPointer:
    """A `ggml_abort_callback` whose data is a `StopFlag`'s address.

    It is the C library's `strlen`, so ggml's threads can ask at any moment without waiting for the
    GIL: the flag is a C string, of length 0 to go on and 1 to stop.
    """
    library = ctypes.CDLL("msvcrt") if os.name == "nt" else ctypes.CDLL(None)
    return ctypes.cast(library.strlen, llama.ggml_abort_callback)


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


@cache
def _ggml() -> ctypes.CDLL:
    library = native_library("ggml")
    library.ggml_backend_dev_count.restype = ctypes.c_size_t
    library.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    library.ggml_backend_dev_get.restype = ctypes.c_void_p
    library.ggml_backend_reg_count.restype = ctypes.c_size_t
    library.ggml_backend_reg_get.argtypes = [ctypes.c_size_t]
    library.ggml_backend_reg_get.restype = ctypes.c_void_p
    library.ggml_backend_reg_by_name.argtypes = [ctypes.c_char_p]
    library.ggml_backend_reg_by_name.restype = ctypes.c_void_p
    library.ggml_backend_load_all_from_path.argtypes = [ctypes.c_char_p]
    library.ggml_backend_load_all_from_path.restype = None
    return library


@cache
def _ggml_base() -> ctypes.CDLL:
    library = native_library("ggml-base")
    for name in ("ggml_backend_dev_name", "ggml_backend_dev_description", "ggml_backend_reg_name"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = ctypes.c_char_p
    library.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    library.ggml_backend_dev_type.restype = ctypes.c_int
    library.ggml_backend_dev_backend_reg.argtypes = [ctypes.c_void_p]
    library.ggml_backend_dev_backend_reg.restype = ctypes.c_void_p
    library.ggml_backend_reg_get_proc_address.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.ggml_backend_reg_get_proc_address.restype = ctypes.c_void_p
    library.ggml_backend_reg_dev_count.argtypes = [ctypes.c_void_p]
    library.ggml_backend_reg_dev_count.restype = ctypes.c_size_t
    library.ggml_backend_reg_dev_get.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    library.ggml_backend_reg_dev_get.restype = ctypes.c_void_p
    library.ggml_set_abort_callback.argtypes = [_ABORTED]
    library.ggml_set_abort_callback.restype = ctypes.c_void_p
    library.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, *[ctypes.POINTER(ctypes.c_size_t)] * 2]
    library.ggml_backend_dev_memory.restype = None
    return library


def native_library(name: str) -> ctypes.CDLL:
    """The very library that llama.cpp itself uses.

    On POSIX a handle also finds the symbols of what it links to, while opening the file by name
    could load a second copy with a registry of its own, for wheels hold copies in place of links.
    """
    if os.name == "nt":
        return ctypes.CDLL(str(LIBRARIES / f"{name}.dll"))
    library: ctypes.CDLL = llama._lib
    return library
