"""Repacks a random checkpoint of a given shape in a process of its own: speed over its source, and peak memory.

    python -m tests.bench.repack 7b gptq       # 4 bit, groups of 128
    python -m tests.bench.repack 7b gptq-act-order
    python -m tests.bench.repack 7b awq

The checkpoint is written first, shard by shard, and stays in the folder of benchmarks until it is deleted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.repack.repack import Errand, repack
from app.worker.repacking import TOOLS
from tests.repack import files, models
from tests.repack.files import Array, Tensors

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache" / "checkpoints"
SHAPES = {  # layers, width, feed forward, heads, kv heads
    "1b": (22, 2048, 5632, 32, 4),
    "7b": (32, 4096, 11008, 32, 32),
    "70b-slice": (4, 8192, 28672, 64, 8),
}
VOCABULARY, GROUP = 32000, 128
Pack = Callable[[np.random.Generator, int, int], Tensors]


def gptq(random: np.random.Generator, inputs: int, outputs: int) -> Tensors:
    """A module whose groups lie one after the other."""
    return {
        "qweight": random.integers(-(1 << 31), 1 << 31, (inputs // 8, outputs), np.int32),
        "qzeros": np.full((inputs // GROUP, outputs // 8), 0x77777777, np.int32),
        "scales": scales(random, inputs, outputs),
        "g_idx": np.arange(inputs, dtype=np.int32) // GROUP,
    }


def gptq_act_order(random: np.random.Generator, inputs: int, outputs: int) -> Tensors:
    """One whose groups are mixed."""
    packed = gptq(random, inputs, outputs)
    return {**packed, "g_idx": random.permutation(packed["g_idx"])}


def awq(random: np.random.Generator, inputs: int, outputs: int) -> Tensors:
    """One with a zero point for each group."""
    return {
        "qweight": random.integers(-(1 << 31), 1 << 31, (inputs, outputs // 8), np.int32),
        "qzeros": random.integers(-(1 << 31), 1 << 31, (inputs // GROUP, outputs // 8), np.int32),
        "scales": scales(random, inputs, outputs),
    }


def scales(random: np.random.Generator, inputs: int, outputs: int) -> Array:
    """A number for each group."""
    return (random.random((inputs // GROUP, outputs)) * 0.01 + 0.001).astype(np.float16)


@dataclass(frozen=True)
class Method:
    """How weights are packed, and what the configuration says of it."""

    pack: Pack
    stated: dict[str, object]


_GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": GROUP, "sym": True}
METHODS = {
    "gptq": Method(gptq, {**_GPTQ, "desc_act": False}),
    "gptq-act-order": Method(gptq_act_order, {**_GPTQ, "desc_act": True}),
    "awq": Method(awq, {"quant_method": "awq", "bits": 4, "group_size": GROUP, "zero_point": True, "version": "gemm"}),
}


def checkpoint(shape: str, method: str) -> Path:
    """A folder with a random checkpoint of that shape, made if there is none yet."""
    folder = FOLDER / f"{shape}-{method}-4bit-{GROUP}g"
    if (folder / "model.safetensors.index.json").exists():
        return folder
    layers, width, feed, heads, kv_heads = SHAPES[shape]
    folder.mkdir(parents=True, exist_ok=True)
    for name in models.COMPANIONS:
        shutil.copy(models.BNB8 / name, folder)
    sizes = {
        "hidden_size": width, "intermediate_size": feed, "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": kv_heads, "head_dim": width // heads, "vocab_size": VOCABULARY,
    }  # fmt: skip
    files.write_json(folder / "config.json", models.config(**sizes, quantization_config=METHODS[method].stated))
    placed: dict[str, str] = {}
    for number, tensors in enumerate(shards(shape, METHODS[method].pack)):
        name = f"model-{number:05}.safetensors"
        files.write(folder / name, tensors)
        placed |= dict.fromkeys(tensors, name)
    files.write_json(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": placed})
    return folder


def shards(shape: str, pack: Pack) -> Iterator[Tensors]:
    """A file for each layer, and one for what is around them."""
    layers, width, feed, heads, kv_heads = SHAPES[shape]
    random, keys = np.random.default_rng(0), width // heads * kv_heads
    modules = {
        "self_attn.q_proj": (width, width), "self_attn.k_proj": (width, keys), "self_attn.v_proj": (width, keys),
        "self_attn.o_proj": (width, width), "mlp.gate_proj": (width, feed), "mlp.up_proj": (width, feed),
        "mlp.down_proj": (feed, width),
    }  # fmt: skip
    around = random.standard_normal((VOCABULARY, width), np.float32).astype(np.float16)
    yield {"model.embed_tokens.weight": around, "lm_head.weight": around[::-1], "model.norm.weight": around[0]}
    for layer in range(layers):
        start = f"model.layers.{layer}."
        found: Tensors = {
            f"{start}{norm}_layernorm.weight": around[0] for norm in ("input", "post_attention")
        }  # fmt: skip
        for module, (inputs, outputs) in modules.items():
            packed = pack(random, inputs, outputs)
            found |= {f"{start}{module}.{part}": values for part, values in packed.items()}
        yield found


def measure(shape: str, method: str) -> dict[str, float]:
    """Seconds, bytes of source and result, and the peak of memory of a repack in a fresh process."""
    folder = checkpoint(shape, method)
    if hasattr(os, "sync"):
        os.sync()  # what was just written is not to be waited for later
    with tempfile.TemporaryDirectory(dir=FOLDER) as out:
        command = [sys.executable, "-m", "tests.bench.repack", "run", str(folder), str(Path(out) / "model.gguf")]
        printed = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE).stdout
    found: dict[str, float] = json.loads(printed)
    return found


def run(folder: Path, target: Path) -> dict[str, float]:
    """Repack here, and tell what it took."""
    begun, cpu = time.perf_counter(), time.process_time()
    report = repack(Errand(folder, target, folder.name), lambda _: None, lambda: False, TOOLS)
    seconds, used = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "seconds": seconds, "cpu_seconds": used, "source_bytes": report.source_bytes, "bytes": report.bytes,
        "rate": report.source_bytes / seconds, "peak_bytes": peak_bytes(),
    }  # fmt: skip


def peak_bytes() -> int:
    """The most memory this process had; `getrusage` would count what its parent had when it was forked."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    if sys.argv[1:2] == ["run"]:
        found = run(*map(Path, sys.argv[2:4]))
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("shape", choices=SHAPES)
        parser.add_argument("method", choices=METHODS)
        arguments = parser.parse_args()
        found = measure(arguments.shape, arguments.method)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
