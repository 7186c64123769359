"""An engine child that writes a reply at a fixed rate: `python -m tests.bench.paced_engine RATE TOKENS`.

It sends through the engine's own writer and the real pipe, so that what the window spends can be
measured at a rate no machine's speed decides.
"""

from __future__ import annotations

import itertools
import sys
import time

from app.core import protocol
from app.core.engine.engine_frames import Finished, Generate, Load, ModelInfo, PromptProgress
from app.core.engine.loading import LoadOptions
from app.core.engine.messages import FinishReason, Timings, Usage
from app.core.prediction.probe_frames import Probe
from app.core.protocol import ChildRole, Hello
from app.engines.llama.reply import PieceWriter
from app.engines.reasoning import ReasoningSplitter
from app.worker.main import main as real_child

TEXT = """The settings travel with the files, in `quantize_config.json` or, in newer repos, in `config.json`. \
Trust the tensors more than the card: with group size *g* a layer has *n / g* rows of scales.

```python
def group_size(folder: str) -> int:
    old = pathlib.Path(folder, "quantize_config.json")
    return json.loads(old.read_text())["group_size"]
```

**Act-order** quantizes the columns that matter most first. It costs no accuracy and little size, but the columns \
of one group are no longer neighbours, so a fast kernel must look each one up.

| type | bits | use |
| --- | --- | --- |
| Q4_0 | 4.5 | small |
| Q8_0 | 8.5 | exact |

1. Read the header first.
2. Then compare the sizes.

"""


def words() -> list[str]:
    """The text in pieces of about a token's length."""
    return [TEXT[i : i + 4] for i in range(0, len(TEXT), 4)]


def emit(frame: protocol.Event) -> None:
    sys.stdout.buffer.write(protocol.encode(frame))
    sys.stdout.buffer.flush()


def reply(number: int, rate: float, tokens: int) -> None:
    emit(PromptProgress(id=number, done=10, total=10, reused=0))
    begun = time.perf_counter()
    writer = PieceWriter(number, emit, ReasoningSplitter())
    for count, text in zip(range(1, tokens + 1), itertools.cycle(words())):
        # The pace is what this program is for, and it has nothing else to wait for.
        time.sleep(max(0.0, begun + count / rate - time.perf_counter()))
        writer.add(text)
    writer.finish("")
    emit(
        Finished(
            id=number,
            reason=FinishReason.STOP,
            usage=Usage(10, 0, tokens),
            timings=Timings(0.1, 0.1, tokens / rate, 100.0, rate),
            seed=1,
            template="chatml",
        )
    )


def main(rate: float, tokens: int, role: str) -> None:
    if role == ChildRole.TYPESET:
        sys.exit(real_child(role))
    emit(Hello(version=protocol.VERSION, role=role, pid=0))
    for line in sys.stdin.buffer:
        match protocol.decode_command(line):
            case Load(path=path):
                emit(
                    ModelInfo(
                        name="Paced", path=path, architecture="llama", quantization="Q4_0", parameters=1, bytes=1,
                        context_length=1_000_000, trained_context=1_000_000, layers=1, gpu_layers=0, template="chatml",
                        engine="paced", engine_version="1", options=LoadOptions(), memory_bytes=1, device="CPU",
                    )
                )  # fmt: skip
            case Generate(id=number):
                reply(number, rate, tokens)
            case Probe():
                return


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[-1])
