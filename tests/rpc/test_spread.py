"""A model over two RPC servers: the same words, and every way to lose one."""

from __future__ import annotations

import signal
import sys

import pytest

from app.core.engine.engine_frames import Finished, Generate, Load, LoadProgress, ModelInfo, Piece
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import Message, Role
from app.core.engine.sampling import Sampling
from app.core.prediction.fit import MARGIN, Device, DeviceKind, Hardware
from app.core.protocol import Failed
from app.core.remote.rpc_errors import RpcForbiddenOffline, RpcLost, RpcSilent, RpcUnreachable
from app.engines.llama.model import plan_load
from app.engines.llama.rpc import HELLO
from app.worker.source import describe
from tests.rpc.cable import CAN_BE_PULLED, WHY_NOT
from tests.rpc.conftest import free_port
from tests.worker.conftest import RawChild

ENDLESS = Sampling(temperature=0, grammar="root ::= [a-z ]+", max_tokens=4000)
LONG = Sampling(temperature=0, grammar="root ::= [a-z ]+", max_tokens=400)
PROMPT = (Message(Role.USER, "Tell me something"),)


class EngineChild(RawChild):
    """A real engine child that spreads models."""

    def load(self, path, *hosts, **options):
        return super().load(path, options=LoadOptions(rpc_hosts=hosts, **options))

    def text(self):
        sampling = Sampling(temperature=0, max_tokens=24)
        events = self.reply(Generate(id=1, messages=PROMPT, sampling=sampling))
        return "".join(event.text for event in events if isinstance(event, Piece))


@pytest.fixture
def child():
    made = []

    yield lambda: started(made, "app", "--role", "engine")
    for one in made:
        one.end()


@pytest.fixture
def hasty():
    """Engines that give other machines up sooner."""
    made = []
    yield lambda: started(made, "tests.rpc.hasty")
    for one in made:
        one.end()


def started(made, *program):
    made.append(EngineChild(sys.executable, "-m", *program))
    made[-1].greet()
    return made[-1]


def failure(event):
    assert isinstance(event, Failed) and event.id == 0
    return event.failure.error()


def test_two_machines_write_what_one_does(machines, child, tiny_gguf):
    first, second = machines.start(), machines.start()
    engine = child()
    alone = engine.load(tiny_gguf)
    words = engine.text()
    spread = engine.load(tiny_gguf, first.host, second.host)
    assert (spread.device, spread.backend) == (f"{first.host} + {second.host}", "RPC")
    assert spread.gpu_layers == alone.layers + 1 and spread.options.rpc_hosts == (first.host, second.host)
    assert spread.predicted_bytes < alone.predicted_bytes
    assert engine.text() == words
    again = engine.load(tiny_gguf)
    assert (again.device, again.backend, engine.text()) == ("CPU", "CPU", words)


def test_a_part_of_the_model_is_elsewhere_and_the_machine_is_free_after_another_load(machines, child, tiny_gguf):
    server = machines.start()
    engine, other = child(), child()
    words = engine.load(tiny_gguf) and engine.text()
    part = engine.load(tiny_gguf, server.host, gpu_layers=1)
    assert (part.gpu_layers, part.backend, engine.text()) == (1, "CPU+RPC", words)
    engine.load(tiny_gguf)
    assert isinstance(other.load(tiny_gguf, server.host), ModelInfo)
    assert other.text() == words


def test_a_machine_that_is_not_there_fails_the_load_and_nothing_else(child, tiny_gguf):
    engine = child()
    error = failure(engine.load(tiny_gguf, f"127.0.0.1:{free_port()}"))
    assert isinstance(error, RpcUnreachable)
    assert isinstance(engine.load(tiny_gguf), ModelInfo)
    assert engine.text()


def test_a_machine_lost_in_the_middle_of_a_reply_is_named(machines, child, tiny_gguf):
    server = machines.start()
    engine = child()
    assert isinstance(engine.load(tiny_gguf, server.host), ModelInfo)
    engine.send(Generate(id=1, messages=PROMPT, sampling=ENDLESS))
    engine.until(Piece)
    server.kill()
    error = failure(engine.until(Failed)[-1])
    assert isinstance(error, RpcLost) and error.values["hosts"] == server.host
    assert engine.process.wait(30) != 0


def test_a_machine_lost_during_the_load_is_named(machines, child, tiny_gguf):
    server = machines.start()
    engine = child()
    engine.send(Load(path=str(tiny_gguf), options=LoadOptions(rpc_hosts=(server.host,))))
    engine.until(LoadProgress)
    server.kill()
    event = engine.until(ModelInfo, Failed)[-1]
    if isinstance(event, ModelInfo):  # it was faster
        engine.send(Generate(id=1, messages=PROMPT, sampling=ENDLESS))
        event = engine.until(Failed)[-1]
    assert isinstance(failure(event), RpcLost)


@pytest.mark.skipif(not CAN_BE_PULLED, reason=WHY_NOT)
def test_a_machine_whose_cable_is_pulled_is_named(machines, hasty, tiny_gguf):
    cable = machines.cable(machines.start())
    engine = hasty()
    assert isinstance(engine.load(tiny_gguf, cable.host), ModelInfo)
    engine.send(Generate(id=1, messages=PROMPT, sampling=ENDLESS))
    engine.until(Piece)
    cable.pull()
    error = failure(engine.until(Failed)[-1])
    assert isinstance(error, RpcSilent) and error.values["host"] == cable.host
    assert engine.process.wait(30) != 0


@pytest.mark.skipif(not CAN_BE_PULLED, reason=WHY_NOT)
@pytest.mark.parametrize("after", [len(HELLO), 100_000], ids=["asked for its devices", "in the midst of the weights"])
def test_a_machine_whose_cable_is_pulled_during_the_load_is_named(after, machines, hasty, tiny_gguf):
    cable = machines.cable(machines.start(), after)
    error = failure(hasty().load(tiny_gguf, cable.host))
    assert isinstance(error, RpcSilent) and error.values["host"] == cable.host


@pytest.mark.skipif(not CAN_BE_PULLED, reason=WHY_NOT)
def test_a_machine_that_is_slow_is_waited_for(machines, hasty, tiny_gguf):
    """It computes nothing for as long as it takes to give another one up."""
    slow, gone = machines.start(), machines.cable(machines.start())
    patient, other = hasty(), hasty()
    patient.load(tiny_gguf, slow.host)
    other.load(tiny_gguf, gone.host)
    for engine, sampling in ((patient, LONG), (other, ENDLESS)):
        engine.send(Generate(id=1, messages=PROMPT, sampling=sampling))
        engine.until(Piece)
    slow.process.send_signal(signal.SIGSTOP)
    gone.pull()
    assert isinstance(failure(other.until(Failed)[-1]), RpcSilent)
    slow.process.send_signal(signal.SIGCONT)
    assert isinstance(patient.until(Finished, Failed)[-1], Finished)


def test_without_the_network_no_other_machine_is_spoken_with(child, tiny_gguf, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert isinstance(failure(child().load(tiny_gguf, "192.0.2.1:50052")), RpcForbiddenOffline)


def test_the_machines_are_noted_among_those_spoken_with(machines, child, tiny_gguf, monkeypatch, tmp_path):
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    server = machines.start()
    child().load(tiny_gguf, server.host)
    (noted,) = tmp_path.rglob("network.jsonl")
    assert b'"127.0.0.1"' in noted.read_bytes()


def test_memory_elsewhere_counts_as_a_gpu_of_its_own(tiny_gguf):
    source = describe(tiny_gguf)
    little = Hardware(Device("CPU", DeviceKind.CPU, 2 * MARGIN, MARGIN + 150_000_000, "CPU"))
    remote = Device("RPC0", DeviceKind.REMOTE, 8 * MARGIN, 4 * MARGIN, "RPC", description="box:50052")
    own = Device("CUDA0", DeviceKind.GPU, 8 * MARGIN, 4 * MARGIN, "CUDA", description="A card")
    hardware = Hardware(little.memory, (own,)).with_remote((remote,))
    plan = plan_load(source, LoadOptions(), hardware, 4)
    assert plan.device == "box:50052 + A card"
    assert [need.device for need in plan.allotment.needs] == ["CPU", "RPC0", "CUDA0"]
    assert [need.device for need in plan.needs_here] == ["CPU", "CUDA0"]
