"""Lay out the reference model repos for the local Hub: real headers, declared sizes, no weights.

    python make_repos.py OUT          # 18 MB of headers for some 600 GB of declared models
    python hubserver.py OUT --port P

Each file has the true tensor table of its architecture, quantization and shard, so that sizes, memory needs and
formats can be read from it exactly as from the published file; everything behind the header reads as zeros.
The Llama 2 shapes, branches and quantization parameters are the published ones.

Needs: gguf, numpy.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q

GB = 1_000_000_000


@dataclass(frozen=True)
class Shape:
    """A Llama 2 architecture; lengths in floats."""

    name: str
    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    vocab: int = 32000
    context: int = 4096

    @property
    def kv_width(self) -> int:
        return self.width // self.heads * self.kv_heads

    def linears(self) -> dict[str, tuple[int, int]]:
        """The quantized matrices of one layer as (in, out), by their Hugging Face name."""
        w, f, k = self.width, self.feed_forward, self.kv_width
        return {
            "self_attn.q_proj": (w, w),
            "self_attn.k_proj": (w, k),
            "self_attn.v_proj": (w, k),
            "self_attn.o_proj": (w, w),
            "mlp.gate_proj": (w, f),
            "mlp.up_proj": (w, f),
            "mlp.down_proj": (f, w),
        }

    def config(self, **quantization: object) -> dict[str, object]:
        """The repo's config.json."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_size": self.width,
            "intermediate_size": self.feed_forward,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "max_position_embeddings": self.context,
            "vocab_size": self.vocab,
            "rms_norm_eps": 1e-5,
            "torch_dtype": "float16",
            "tie_word_embeddings": False,
        } | ({"quantization_config": quantization} if quantization else {})


S7 = Shape("Llama 2 7B", 32, 4096, 11008, 32, 32)
S13 = Shape("Llama 2 13B", 40, 5120, 13824, 40, 40)
S70 = Shape("Llama 2 70B", 80, 8192, 28672, 64, 8)

# ---------------------------------------------------------------------------------------------- GGUF

FILE_TYPES = {
    "Q2_K": (Q.Q2_K, 10), "Q3_K_S": (Q.Q3_K, 11), "Q3_K_M": (Q.Q3_K, 12), "Q3_K_L": (Q.Q3_K, 13),
    "Q4_0": (Q.Q4_0, 2), "Q4_K_S": (Q.Q4_K, 14), "Q4_K_M": (Q.Q4_K, 15), "Q5_0": (Q.Q5_0, 8),
    "Q5_K_S": (Q.Q5_K, 16), "Q5_K_M": (Q.Q5_K, 17), "Q6_K": (Q.Q6_K, 18), "Q8_0": (Q.Q8_0, 7),
}  # fmt: skip
WIDER = {Q.Q2_K: Q.Q3_K, Q.Q3_K: Q.Q5_K, Q.Q4_K: Q.Q6_K, Q.Q5_K: Q.Q6_K}


def gguf_types(kind: str, layers: int) -> Callable[[str, int], Q]:
    """Which type a tensor gets in this file type, near to llama.cpp's own mixture."""
    base = FILE_TYPES[kind][0]

    def more_bits(layer: int) -> bool:
        return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2

    def choose(name: str, layer: int) -> Q:
        if name == "output":
            return base if base == Q.Q8_0 else Q.Q6_K
        if name in ("attn_v", "ffn_down") and (
            (kind.endswith("_M") and more_bits(layer)) or kind == "Q2_K" or kind.endswith("_L")
        ):
            return WIDER.get(base, base)
        return base

    return choose


def gguf_tensors(shape: Shape, kind: str) -> Iterator[tuple[str, tuple[int, ...], Q]]:
    """(name, numpy shape, type) of every tensor, in llama.cpp's order."""
    choose, w, f, k = gguf_types(kind, shape.layers), shape.width, shape.feed_forward, shape.kv_width
    yield "token_embd.weight", (shape.vocab, w), choose("token_embd", -1)
    for i in range(shape.layers):
        matrices = {
            "attn_q": (w, w), "attn_k": (k, w), "attn_v": (k, w), "attn_output": (w, w),
            "ffn_gate": (f, w), "ffn_up": (f, w), "ffn_down": (w, f),
        }  # fmt: skip
        yield f"blk.{i}.attn_norm.weight", (w,), Q.F32
        for name, size in matrices.items():
            yield f"blk.{i}.{name}.weight", size, choose(name, i)
        yield f"blk.{i}.ffn_norm.weight", (w,), Q.F32
    yield "output_norm.weight", (w,), Q.F32
    yield "output.weight", (shape.vocab, w), choose("output", -1)


def tensor_bytes(size: tuple[int, ...], kind: Q) -> int:
    block, width = gguf.GGML_QUANT_SIZES[kind]
    count = 1
    for n in size:
        count *= n
    return count // block * width


def gguf_header(shape: Shape, kind: str, template: str | None = None) -> tuple[bytes, int]:
    """The file's header and the size of the whole file in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "header.gguf"
        out = gguf.GGUFWriter(path, "llama")
        out.add_name(shape.name)
        out.add_block_count(shape.layers)
        out.add_context_length(shape.context)
        out.add_embedding_length(shape.width)
        out.add_feed_forward_length(shape.feed_forward)
        out.add_head_count(shape.heads)
        out.add_head_count_kv(shape.kv_heads)
        out.add_layer_norm_rms_eps(1e-5)
        out.add_rope_dimension_count(shape.width // shape.heads)
        out.add_vocab_size(shape.vocab)
        out.add_file_type(FILE_TYPES[kind][1])
        pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
        pieces += [f"▁w{n:x}" for n in range(shape.vocab - len(pieces))]
        out.add_tokenizer_model("llama")
        out.add_token_list(pieces)
        out.add_token_scores([0.0] * 259 + [-float(n) for n in range(shape.vocab - 259)])
        out.add_token_types([2, 3, 3] + [6] * 256 + [1] * (shape.vocab - 259))
        out.add_bos_token_id(1)
        out.add_eos_token_id(2)
        out.add_unk_token_id(0)
        if template:
            out.add_chat_template(template)
        data = 0
        for name, size, dtype in gguf_tensors(shape, kind):
            count = tensor_bytes(size, dtype)
            raw = size if dtype == Q.F32 else gguf.quant_shape_to_byte_shape(size, dtype)
            kinds = {} if dtype == Q.F32 else {"raw_dtype": dtype}
            out.add_tensor_info(name, raw, np.dtype(np.float32 if dtype == Q.F32 else np.uint8), count, **kinds)
            data += -(-count // 32) * 32
        out.write_header_to_file()
        out.write_kv_data_to_file()
        out.write_ti_data_to_file()
        out.close()
        head = path.read_bytes()
    head += bytes(-len(head) % 32)
    return head, len(head) + data


# --------------------------------------------------------------------------------------- safetensors

Tensor = tuple[str, str, tuple[int, ...]]
WIDTH = {"F16": 2, "I32": 4, "I8": 1, "F32": 4, "U8": 1}


def packed(shape: Shape, method: str, bits: int, group: int) -> Iterator[Tensor]:
    """(name, dtype, shape) of every tensor of a GPTQ, AWQ or bitsandbytes int8 checkpoint."""
    yield "model.embed_tokens.weight", "F16", (shape.vocab, shape.width)
    for i in range(shape.layers):
        prefix = f"model.layers.{i}."
        yield prefix + "input_layernorm.weight", "F16", (shape.width,)
        yield prefix + "post_attention_layernorm.weight", "F16", (shape.width,)
        for name, (n_in, n_out) in shape.linears().items():
            groups = 1 if group < 0 else n_in // group
            if method == "int8":
                yield prefix + name + ".weight", "I8", (n_out, n_in)
                yield prefix + name + ".SCB", "F32", (n_out,)
                yield prefix + name + ".weight_format", "U8", ()
                continue
            if method == "awq":
                yield prefix + name + ".qweight", "I32", (n_in, n_out * bits // 32)
            else:
                yield prefix + name + ".qweight", "I32", (n_in * bits // 32, n_out)
                yield prefix + name + ".g_idx", "I32", (n_in,)
            yield prefix + name + ".qzeros", "I32", (groups, n_out * bits // 32)
            yield prefix + name + ".scales", "F16", (groups, n_out)
    yield "model.norm.weight", "F16", (shape.width,)
    yield "lm_head.weight", "F16", (shape.vocab, shape.width)


def safetensors_shards(tensors: Iterator[Tensor], limit: int) -> list[tuple[bytes, int, list[str]]]:
    """(header, whole size, tensor names) of each shard of at most `limit` bytes of tensors."""
    shards: list[tuple[dict[str, object], int]] = [({}, 0)]
    for name, dtype, size in tensors:
        count = WIDTH[dtype]
        for n in size:
            count *= n
        table, used = shards[-1]
        if used and used + count > limit:
            shards.append(({}, 0))
            table, used = shards[-1]
        table[name] = {"dtype": dtype, "shape": list(size), "data_offsets": [used, used + count]}
        shards[-1] = (table, used + count)
    out = []
    for table, used in shards:
        text = json.dumps({"__metadata__": {"format": "pt"}} | table).encode()
        text += b" " * (-len(text) % 8)
        out.append((struct.pack("<Q", len(text)) + text, 8 + len(text) + used, list(table)))
    return out


# --------------------------------------------------------------------------------------------- repos

LLAMA2_CARD = "[INST] <<SYS>>\n{system_message}\n<</SYS>>\n{prompt}[/INST]\n"
VICUNA_CARD = "SYSTEM: {system_message}\nUSER: {prompt}\nASSISTANT: "
ORCA_CARD = "### System:\n{system_message}\n\n### User:\n{prompt}\n\n### Assistant:\n"


@dataclass
class Repo:
    """One repo being laid out."""

    root: Path
    repo: str

    def __post_init__(self) -> None:
        self.home = self.root / self.repo
        self.home.mkdir(parents=True, exist_ok=True)
        self.declared: dict[str, dict[str, dict[str, object]]] = {}

    def meta(self, **facts: object) -> None:
        (self.home / "repo.json").write_text(json.dumps(facts, indent=1))

    def text(self, branch: str, path: str, content: str | dict[str, object]) -> None:
        file = self.home / branch / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))

    def declare(self, branch: str, path: str, head: bytes, size: int) -> None:
        name = f"_headers/{branch}--{path.replace('/', '--')}"
        (self.home / "_headers").mkdir(exist_ok=True)
        (self.home / name).write_bytes(head)
        self.declared.setdefault(branch, {})[path] = {"size": size, "header": name}
        (self.home / "files.json").write_text(json.dumps(self.declared, indent=1))


def card(template: str, **front: object) -> str:
    """A model card whose front matter carries the prompt template, as quantizers publish it."""
    out = io.StringIO()
    out.write("---\n")
    for key, value in front.items():
        out.write(f"{key}: {json.dumps(value)}\n")
    out.write("prompt_template: '" + template.replace("'", "''").replace("\n", "\n\n  ") + "'\n---\n\n# Model card\n")
    return out.getvalue()


def gptq_config(bits: int, group: int, act_order: bool) -> dict[str, object]:
    return {
        "bits": bits, "group_size": group, "damp_percent": 0.01, "desc_act": act_order,
        "sym": True, "true_sequential": True, "model_name_or_path": None, "model_file_base_name": None,
    }  # fmt: skip


def gguf_repo(root: Path, repo: str, shape: Shape, stem: str, kinds: list[str], template: str, **front: object) -> None:
    """A GGUF repo; a file over 50 GB is split in two raw halves, `-split-a` and `-split-b`."""
    it = Repo(root, repo)
    it.meta(
        downloads=90000,
        likes=400,
        license="llama2",
        pipeline_tag="text-generation",
        tags=["llama", "llama-2"],
        base_model=front.get("base_model", ""),
    )
    it.text("main", "README.md", card(template, license="llama2", model_type="llama", **front))
    for kind in kinds:
        head, size = gguf_header(shape, kind)
        name = f"{stem}.{kind}.gguf"
        if size <= 50 * GB:
            it.declare("main", name, head, size)
        else:
            it.declare("main", f"{name}-split-a", head, size // 2)
            it.declare("main", f"{name}-split-b", b"", size - size // 2)


def gptq_repo(root: Path) -> None:
    """Eight branches. The published size of `main` is that of a file without groups, though its card says 128.

    Only the config and the tensors tell the truth.
    """
    it = Repo(root, "TheBloke/Llama-2-70B-chat-GPTQ")
    it.meta(downloads=120000, likes=260, license="other", pipeline_tag="text-generation", tags=["llama", "llama-2"])
    for branch, bits, group, act in [
        ("main", 4, -1, False),
        ("gptq-4bit-32g-actorder_True", 4, 32, True),
        ("gptq-4bit-64g-actorder_True", 4, 64, True),
        ("gptq-4bit-128g-actorder_True", 4, 128, True),
        ("gptq-3bit--1g-actorder_True", 3, -1, True),
        ("gptq-3bit-128g-actorder_False", 3, 128, False),
        ("gptq-3bit-128g-actorder_True", 3, 128, True),
        ("gptq-3bit-64g-actorder_True", 3, 64, True),
    ]:
        [(head, size, _)] = safetensors_shards(packed(S70, "gptq", bits, group), 10**12)
        label = f"{group}g" if group > 0 else "-1g"
        it.declare(branch, f"gptq_model-{bits}bit-{label}.safetensors", head, size)
        it.text(branch, "config.json", S70.config())
        it.text(branch, "quantize_config.json", gptq_config(bits, group, act))
        it.text(branch, "README.md", card(VICUNA_CARD, license="other", model_type="llama"))


def awq_repos(root: Path) -> None:
    """Sharded, one branch each."""
    for repo, shape, template, base in [
        ("TheBloke/Llama-2-13B-chat-AWQ", S13, LLAMA2_CARD, "meta-llama/Llama-2-13b-chat-hf"),
        ("TheBloke/Upstage-Llama-2-70B-instruct-v2-AWQ", S70, ORCA_CARD, "upstage/Llama-2-70b-instruct-v2"),
    ]:
        it = Repo(root, repo)
        it.meta(
            downloads=8000, likes=20, license="llama2", pipeline_tag="text-generation", tags=["llama"], base_model=base
        )
        it.text("main", "README.md", card(template, license="llama2", model_type="llama", base_model=base))
        it.text(
            "main",
            "config.json",
            shape.config(quant_method="awq", bits=4, group_size=128, version="gemm", zero_point=True),
        )
        shards = safetensors_shards(packed(shape, "awq", 4, 128), 10 * GB)
        index: dict[str, str] = {}
        for n, (head, size, names) in enumerate(shards, 1):
            name = f"model-{n:05}-of-{len(shards):05}.safetensors"
            it.declare("main", name, head, size)
            index |= dict.fromkeys(names, name)
        if len(shards) > 1:
            it.text("main", "model.safetensors.index.json", {"metadata": {}, "weight_map": index})


def int8_repo(root: Path) -> None:
    """Of bitsandbytes, 8 bit."""
    it = Repo(root, "Trelis/Llama-2-7b-chat-hf-hosted-inference-8bit")
    it.meta(downloads=300, likes=6, pipeline_tag="text-generation", tags=["llama", "8bit"])
    it.text("main", "README.md", "---\nlanguage:\n- en\ntags:\n- llama\n- 8bit\n---\n\n# Model card\n")
    it.text(
        "main",
        "config.json",
        S7.config(quant_method="bitsandbytes", load_in_8bit=True, load_in_4bit=False, llm_int8_threshold=6.0),
    )
    for n, (head, size, _) in enumerate(shards := safetensors_shards(packed(S7, "int8", 8, -1), 5 * GB), 1):
        it.declare("main", f"model-{n:05}-of-{len(shards):05}.safetensors", head, size)


def gguf_repos(root: Path) -> None:
    """The usual ladder, a 70B with raw splits, and one whose GGUF files end in .bin."""
    ladder = list(FILE_TYPES)
    gguf_repo(
        root,
        "TheBloke/Llama-2-13B-chat-GGUF",
        S13,
        "llama-2-13b-chat",
        ladder,
        LLAMA2_CARD,
        base_model="meta-llama/Llama-2-13b-chat-hf",
    )
    gguf_repo(
        root,
        "TheBloke/Upstage-Llama-2-70B-instruct-v2-GGUF",
        S70,
        "upstage-llama-2-70b-instruct-v2",
        ["Q2_K", "Q4_K_M", "Q6_K", "Q8_0"],
        ORCA_CARD,
        base_model="upstage/Llama-2-70b-instruct-v2",
    )
    it = Repo(root, "localmodels/Llama-2-7B-Chat-GGUF")
    it.meta(downloads=149, likes=1, license="llama2", tags=["llama-2"])
    it.text("main", "README.md", "# Llama-2 7B Chat\n")
    for kind in ("Q4_0", "Q5_0", "Q8_0"):
        head, size = gguf_header(S7, kind)
        it.declare("main", f"llama-2-7b-chat.GGUF.{kind.lower()}.bin", head, size)


def gated_repo(root: Path) -> None:
    """The original, unquantized."""
    it = Repo(root, "meta-llama/Llama-2-7b-chat-hf")
    it.meta(
        downloads=2000000, likes=4000, license="llama2", gated="manual", pipeline_tag="text-generation", tags=["llama"]
    )
    it.text("main", "README.md", "---\nlicense: llama2\n---\n\n# Model card\n")
    it.text("main", "config.json", S7.config())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    root = parser.parse_args().out
    for lay_out in (gptq_repo, awq_repos, int8_repo, gguf_repos, gated_repo):
        lay_out(root)


if __name__ == "__main__":
    main()
