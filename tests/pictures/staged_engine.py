"""An engine child that goes as far as a picture needs and then holds still.

python -m tests.pictures.staged_engine loading | reading | writing | done
"""

from __future__ import annotations

import os
import sys

from app.core import protocol
from app.core.chat.preview_frames import PromptRendered, RenderPrompt
from app.core.engine.engine_frames import Finished, Generate, Load, LoadProgress, ModelInfo, Piece, PromptProgress
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, Timings, Usage
from app.core.prediction.probe_frames import DeviceInfo, Machine, Probe
from app.core.protocol import ChildRole, Hello
from app.worker.main import main as real_child

REASONING = "The user asks about two settings. Group size first, then act-order, then what it means here."
REPLY = """The settings travel with the files, in `quantize_config.json` or, in newer repos, in `config.json`. Trust \
the tensors more than the card: with group size *g* a layer has *n / g* rows of scales.

```python
import json, pathlib

def group_size(folder: str) -> int:
    # repos of 2023 keep it in a file of its own
    old = pathlib.Path(folder, "quantize_config.json")
    return json.loads(old.read_text())["group_size"]
```

**Act-order** quantizes the columns that matter most first. It costs no accuracy and little size, but the columns of \
one group are no longer neighbours, so a fast kernel must look each one up.

| variant | bits | size |
| --- | --- | --- |
| Q4_0 | 4.5 | 7.37 GB |
| Q8_0 | 8.5 | 13.8 GB |
"""
CUT = REPLY.index(" are no longer neighbours")
MODEL = ModelInfo(
    name="Llama 2 13B Chat",
    path="",
    architecture="llama",
    quantization="Q4_K_M",
    parameters=13_015_864_320,
    bytes=7_865_956_224,
    context_length=8192,
    trained_context=8192,
    layers=41,
    gpu_layers=41,
    template="llama-2",
    engine="llama.cpp",
    engine_version="b6000",
    options=LoadOptions(context_length=8192),
    memory_bytes=15_400_000_000,
    device="RTX 3090",
)
MACHINE = Machine(
    llama_cpp_version="b6000",
    devices=(
        DeviceInfo("CPU", "Octa-core CPU", "cpu", "CPU", 16_000_000_000, 11_200_000_000),
        DeviceInfo("CUDA0", "RTX 3090", "gpu", "CUDA", 24_000_000_000, 23_100_000_000),
    ),
    memory_total=16_000_000_000,
    memory_available=11_200_000_000,
    physical_cores=8,
    logical_cores=16,
    cpu_features=("AVX2", "FMA"),
)


def emit(frame: protocol.Event) -> None:
    sys.stdout.buffer.write(protocol.encode(frame))
    sys.stdout.buffer.flush()


def answer(stage: str, number: int) -> None:
    if stage == "reading":
        emit(PromptProgress(id=number, done=2048, total=5321, reused=0))
        return
    emit(PromptProgress(id=number, done=1187, total=1187, reused=900))
    emit(Piece(id=number, reasoning=REASONING, tokens=22))
    emit(Piece(id=number, text=REPLY[:CUT], tokens=160))
    if stage == "writing":
        return
    emit(Piece(id=number, text=REPLY[CUT:], tokens=60))
    usage = Usage(prompt_tokens=1187, reused_tokens=900, completion_tokens=242)
    timings = Timings(0.4, 0.5, 5.9, 700.0, 41.0, reasoning_seconds=4.0)
    emit(Finished(id=number, reason=FinishReason.STOP, usage=usage, timings=timings, seed=7, template="llama-2"))


def main(stage: str, role: str) -> None:
    if role == ChildRole.TYPESET:
        sys.exit(real_child(role))
    emit(Hello(version=protocol.VERSION, role=role, pid=os.getpid()))
    for line in sys.stdin.buffer:
        match protocol.decode_command(line):
            case Load() if stage == "loading":
                emit(LoadProgress(fraction=0.42))
            case Load():
                emit(MODEL)
            case Generate(id=number):
                answer(stage, number)
            case RenderPrompt(id=number, messages=messages):
                text = "".join(f"<|im_start|>{one.role}\n{one.text}<|im_end|>\n" for one in messages)
                text += "<|im_start|>assistant\n"
                emit(PromptRendered(id=number, text=text, template="chatml", tokens=len(text) // 4))
            case Probe():
                emit(MACHINE)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[-1])
