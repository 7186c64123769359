"""Models that run elsewhere against the same model in Parley's own engine, with llama.cpp's servers on the loopback.

`ggml-rpc-server` twice, each with half of the layers; `llama-server` through the remote engine. All of them, and the
engine, are of the same sources and use as many threads. Replies alternate; every figure is the median of ratios.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from app.core.engine.engine_frames import Finished, Generate, Load
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import Message, Role
from app.core.engine.sampling import Sampling
from app.core.remote.server_frames import Connect
from app.core.remote.servers import Server
from tests.bench.engine_child import Engine
from tests.bench.environment import ROOT

ROUNDS = 7
CONTEXT = 4096
PROMPT_WORDS, REPLY_TOKENS = 200, 160
THREADS = psutil.cpu_count(logical=False) or 1
# The special tokens of the models that the bench makes: a random model would end its reply at any moment.
ENDS = (0, 1, 2)


@dataclass(frozen=True)
class Comparison:
    """Elsewhere ÷ here: the time until the first token, and the rate of those that follow."""

    first_token: float
    rate: float


def over_rpc(model: Path) -> Comparison:
    """The layers on two RPC servers."""
    with rpc_server() as first, rpc_server() as second, Engine() as here, Engine() as spread:
        here.load(_load(model))
        info = spread.load(_load(model, first, second))
        assert info.backend == "RPC" and info.gpu_layers == info.layers + 1
        return _compared(here, spread)


def through_server(model: Path) -> Comparison:
    """The whole model in llama-server."""
    with model_server(model) as address, Engine() as here, Engine() as remote:
        here.load(_load(model))
        remote.load(Connect(Server(name="llama-server", base_url=f"{address}/v1"), model.name))
        return _compared(here, remote)


@contextmanager
def rpc_server() -> Iterator[str]:
    """A server's `host:port`."""
    with _running("ggml-rpc-server", "--threads", str(THREADS)) as port:
        yield f"127.0.0.1:{port}"


@contextmanager
def model_server(model: Path) -> Iterator[str]:
    """The address of a server that has loaded the model."""
    options = ["--model", str(model), "--alias", model.name, "--ctx-size", str(CONTEXT), "--parallel", "1"]
    with _running("llama-server", *options, "--threads", str(THREADS), "--no-webui") as port:
        address = f"http://127.0.0.1:{port}"
        while not _is_ready(f"{address}/health"):
            time.sleep(0.05)  # the server tells that its model is loaded only to those who ask again
        yield address


def _load(model: Path, *hosts: str) -> Load:
    return Load(path=str(model), options=LoadOptions(context_length=CONTEXT, threads=THREADS, rpc_hosts=hosts))


def _compared(here: Engine, elsewhere: Engine) -> Comparison:
    """Replies in turn, each to a text of its own, so that none is read already."""
    waits, rates = [], []
    for number in range(ROUNDS + 1):
        own, other = _answer(here, number), _answer(elsewhere, number)
        if number:  # the first one warms up
            waits.append(other.timings.first_token_seconds / own.timings.first_token_seconds)
            rates.append(other.timings.decode_rate / own.timings.decode_rate)
    return Comparison(median(waits), median(rates))


def _answer(engine: Engine, number: int) -> Finished:
    text = f"{number} " + " ".join(f"word{(number * 7 + index) % 90}" for index in range(PROMPT_WORDS))
    sampling = Sampling(temperature=0, max_tokens=REPLY_TOKENS, logit_bias=dict.fromkeys(ENDS, -1000.0))
    return engine.answer(Generate(id=number + 1, messages=(Message(Role.USER, text),), sampling=sampling))


@contextmanager
def _running(program: str, *options: str) -> Iterator[int]:
    """The port on which a server listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [_programs() / program, "--host", "127.0.0.1", "--port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not _listens(port):
                assert process.poll() is None, f"{program} ended by itself"
                time.sleep(0.02)  # nobody is told when a process begins to listen
            yield port
        finally:
            process.kill()


def _programs() -> Path:
    """The folder with llama.cpp's servers, built at first use."""
    sys.path.insert(0, str(ROOT / "packaging"))
    try:
        from llama_servers import ensure_servers
    finally:
        del sys.path[0]
    return ensure_servers(Path(sys.executable), ROOT / "packaging" / "constraints.txt", os.cpu_count() or 1)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
