"""A child that follows the protocol and writes replies of any length without a model, as fast as it is told."""

from __future__ import annotations

import random
import sys
import threading

from app.core import protocol
from app.core.engine.engine_frames import Finished, Generate, Load, ModelInfo, Piece
from app.core.engine.messages import FinishReason, Timings, Usage
from app.core.prediction.probe_frames import Machine, Probe
from app.core.protocol import Cancel

PIECES_AT_MOST = 400
SECONDS_A_PIECE = 0.002

cancelled = threading.Event()


def emit(frame: protocol.Event) -> None:
    sys.stdout.buffer.write(protocol.encode(frame))
    sys.stdout.buffer.flush()


def load(command: Load) -> None:
    emit(
        ModelInfo(
            name="Chatty", path=command.path, architecture="llama", quantization="Q4_K_M", parameters=1, bytes=1,
            context_length=8192, trained_context=4096, layers=2, gpu_layers=0, template="chatml", engine="scripted",
            engine_version="1", options=command.options, memory_bytes=1, device="CPU",
        )
    )  # fmt: skip


def generate(command: Generate) -> None:
    pieces = random.choice((1, 5, PIECES_AT_MOST))
    for number in range(pieces):
        if cancelled.wait(SECONDS_A_PIECE):
            break
        emit(Piece(id=command.id, text=f"word{number} ", tokens=1))
    usage = Usage(prompt_tokens=10, reused_tokens=0, completion_tokens=pieces)
    timings = Timings(0.0, 0.0, pieces * SECONDS_A_PIECE, 500.0, 500.0)
    reason = FinishReason.CANCELLED if cancelled.is_set() else FinishReason.STOP
    emit(Finished(id=command.id, reason=reason, usage=usage, timings=timings, seed=7, template="chatml"))


def main() -> None:
    emit(protocol.Hello(version=protocol.VERSION, role=sys.argv[-1]))
    for line in sys.stdin.buffer:
        match protocol.decode_command(line):
            case Load() as command:
                load(command)
            case Generate() as command:
                cancelled.clear()
                threading.Thread(target=generate, args=(command,), daemon=True).start()
            case Cancel():
                cancelled.set()
            case Probe():
                emit(Machine("b1", (), 16_000_000_000, 11_200_000_000, 4, 8, ()))


if __name__ == "__main__":
    main()
