"""An engine child that loads anything, writes a few words, and then ignores every command."""

from __future__ import annotations

import sys

from app.core import protocol
from app.core.engine.engine_frames import Generate, Load, ModelInfo, Piece, PromptProgress
from app.core.engine.loading import LoadOptions
from app.core.protocol import Hello


def emit(frame: protocol.Event) -> None:
    sys.stdout.buffer.write(protocol.encode(frame))
    sys.stdout.buffer.flush()


emit(Hello(version=protocol.VERSION, role="engine", pid=0))
for line in sys.stdin.buffer:
    match protocol.decode_command(line):
        case Load(path=path):
            emit(
                ModelInfo(
                    name="Stubborn", path=path, architecture="llama", quantization="", parameters=0, bytes=0,
                    context_length=100, trained_context=100, layers=0, gpu_layers=0, template="", engine="stubborn",
                    engine_version="", options=LoadOptions(), memory_bytes=0, device="CPU",
                )
            )  # fmt: skip
        case Generate(id=number):
            emit(PromptProgress(id=number, done=1, total=1, reused=0))
            emit(Piece(id=number, text="some words", tokens=2))
