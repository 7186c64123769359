"""A child that follows the protocol without a model, so that every state can be held as long as a test needs it.

What it does is told by the file's name (`slow`, `broken`) and by the message (`read slowly`, `write on`).
"""

from __future__ import annotations

import sys
import threading

from app.core import protocol
from app.core.engine.engine_frames import (
    Finished,
    Generate,
    Load,
    LoadProgress,
    ModelInfo,
    Piece,
    PromptProgress,
)
from app.core.engine.messages import FinishReason, Timings, Usage
from app.core.engine.model_errors import GgufDamaged
from app.core.errors import Failure
from app.core.prediction.probe_frames import Machine, Probe
from app.core.protocol import Cancel, Failed, Stopped

cancelled = threading.Event()


def emit(frame: protocol.Event) -> None:
    sys.stdout.buffer.write(protocol.encode(frame))
    sys.stdout.buffer.flush()


def load(command: Load) -> None:
    emit(LoadProgress(fraction=0.42))
    if "slow" in command.path:
        cancelled.wait()
        emit(Stopped())
    elif "broken" in command.path:
        failure = GgufDamaged("tensor out of bounds", file="broken.gguf", reason="it ends too early")
        emit(Failed(failure=Failure.of(failure)))
    else:
        emit(
            ModelInfo(
                name="Scripted", path=command.path, architecture="llama", quantization="Q4_K_M", parameters=1, bytes=1,
                context_length=8192, trained_context=4096, layers=2, gpu_layers=0, template="chatml", engine="scripted",
                engine_version="1", options=command.options, memory_bytes=1, device="CPU",
            )
        )  # fmt: skip


def generate(command: Generate) -> None:
    asked = command.messages[-1].text
    emit(PromptProgress(id=command.id, done=512, total=2048, reused=0))
    if "read slowly" in asked:
        cancelled.wait()
    else:
        emit(Piece(id=command.id, text="An *answer*.", tokens=3))
        if "write on" in asked:
            cancelled.wait()
    reason = FinishReason.CANCELLED if cancelled.is_set() else FinishReason.STOP
    usage = Usage(prompt_tokens=1200, reused_tokens=0, completion_tokens=40)
    timings = Timings(0.2, 0.3, 1.0, 500.0, 41.0)
    emit(Finished(id=command.id, reason=reason, usage=usage, timings=timings, seed=7, template="chatml"))


emit(protocol.Hello(version=protocol.VERSION, role=sys.argv[-1]))
for line in sys.stdin.buffer:
    match protocol.decode_command(line):
        case Load() as command:
            cancelled.clear()
            threading.Thread(target=load, args=(command,), daemon=True).start()
        case Generate() as command:
            cancelled.clear()
            threading.Thread(target=generate, args=(command,), daemon=True).start()
        case Cancel():
            cancelled.set()
        case Probe():
            emit(Machine("b1", (), 16_000_000_000, 11_200_000_000, 4, 8, ()))
