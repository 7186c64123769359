"""llama.cpp's own RPC server on the processor as a process: `python -m tests.rpc.serve PORT`, until its input ends."""

from __future__ import annotations

import ctypes
import os
import sys
import threading

from app.engines.llama import native


def end_with_parent() -> None:
    """Serve nobody once the test run is gone, however it ended."""
    sys.stdin.read()
    os._exit(0)


def main(port: str) -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    native.start(native.NativeLog())
    base, registry = native._ggml_base(), native._ggml()
    backend = registry.ggml_backend_reg_by_name(b"RPC")
    address = base.ggml_backend_reg_get_proc_address(backend, b"ggml_backend_rpc_start_server")
    kind = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
    (processor,) = [device.handle for device in native.devices() if device.kind == "cpu"]
    devices = (ctypes.c_void_p * 1)(processor)
    kind(address)(f"127.0.0.1:{port}".encode(), None, 1, 1, ctypes.cast(devices, ctypes.c_void_p))


main(sys.argv[1])
