"""The architectures that can be repacked, as tables: what a layer has, in which shape, and what is special.

Names of GGUF's tensors come from the `gguf` package; a new architecture of these kinds is an entry
of `_TABLE`, and a name in `app.core.checkpoints.quantized`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gguf import MODEL_ARCH

from app.core.checkpoints.quantized import require_architecture
from app.core.checkpoints.repack_errors import ConfigUnusable
from app.repack.folder import CONFIG, Settings

Shape = tuple[str, ...]


@dataclass(frozen=True)
class Architecture:
    """What llama.cpp expects of a model.

    `layer` has the modules of a layer with the names of their sizes (outputs, inputs; one size for a vector); in
    `experts` a module is there once for each. Sizes are those of `sizes_of`. `biased` modules may have a bias, those
    in `needs_bias` must. `rotary` modules have their rows in the order of Hugging Face's rotary embedding, which
    llama.cpp wants interleaved. `norm_shift` is added to norms. `chains` are modules whose outputs, times each
    other, are the inputs of another: so their rows can be put into another order. `head` is the width of a head
    where it is not said. `activation` is the setting that names it, and what llama.cpp computes.
    """

    kind: MODEL_ARCH
    layer: Mapping[str, Shape]
    experts: Mapping[str, Shape] = field(default_factory=dict)
    biased: frozenset[str] = frozenset()
    needs_bias: frozenset[str] = frozenset()
    rotary: frozenset[str] = frozenset()
    norm_shift: float = 0.0
    tied: bool = False
    has_output: bool = True
    chains: tuple[tuple[tuple[str, ...], str], ...] = ()
    rope_theta: float = 10000.0
    head: int = 0
    activation: tuple[str, ...] = ("hidden_act", "silu", "swish")


_NORMS = {"input_layernorm": ("hidden",), "post_attention_layernorm": ("hidden",)}
_MORE_NORMS = {"pre_feedforward_layernorm": ("hidden",), "post_feedforward_layernorm": ("hidden",)}
_HEAD_NORMS = {"self_attn.q_norm": ("head",), "self_attn.k_norm": ("head",)}
_QKV = {
    "self_attn.q_proj": ("queries", "hidden"),
    "self_attn.k_proj": ("keys", "hidden"),
    "self_attn.v_proj": ("keys", "hidden"),
}
_ATTENTION = {**_QKV, "self_attn.o_proj": ("hidden", "queries")}
_FEED = {
    "mlp.gate_proj": ("feed", "hidden"),
    "mlp.up_proj": ("feed", "hidden"),
    "mlp.down_proj": ("hidden", "feed"),
}
_FEED_CHAIN = ((("mlp.gate_proj", "mlp.up_proj"), "mlp.down_proj"),)
_GELU = ("hidden_activation", "gelu_pytorch_tanh")
_ROTARY = frozenset({"self_attn.q_proj", "self_attn.k_proj"})

_LLAMA = Architecture(
    MODEL_ARCH.LLAMA,
    {**_NORMS, **_ATTENTION, **_FEED},
    biased=frozenset({*_ATTENTION, *_FEED}),
    rotary=_ROTARY,
    chains=_FEED_CHAIN,
)
_MIXTRAL = Architecture(
    MODEL_ARCH.LLAMA,
    {**_NORMS, **_ATTENTION, "block_sparse_moe.gate": ("experts", "hidden")},
    experts={
        "block_sparse_moe.experts.{expert}.w1": ("feed", "hidden"),
        "block_sparse_moe.experts.{expert}.w3": ("feed", "hidden"),
        "block_sparse_moe.experts.{expert}.w2": ("hidden", "feed"),
    },
    rotary=_ROTARY,
    chains=(
        (
            ("block_sparse_moe.experts.{expert}.w1", "block_sparse_moe.experts.{expert}.w3"),
            "block_sparse_moe.experts.{expert}.w2",
        ),
    ),
)
_QWEN2 = Architecture(
    MODEL_ARCH.QWEN2,
    {**_NORMS, **_ATTENTION, **_FEED},
    biased=frozenset(_QKV),
    needs_bias=frozenset(_QKV),
    chains=_FEED_CHAIN,
)
_QWEN3 = Architecture(MODEL_ARCH.QWEN3, {**_NORMS, **_HEAD_NORMS, **_ATTENTION, **_FEED}, chains=_FEED_CHAIN)
_GEMMA2 = Architecture(
    MODEL_ARCH.GEMMA2,
    {**_NORMS, **_MORE_NORMS, **_ATTENTION, **_FEED},
    norm_shift=1.0,
    tied=True,
    has_output=False,
    chains=_FEED_CHAIN,
    head=256,
    activation=_GELU,
)
_GEMMA3 = Architecture(
    MODEL_ARCH.GEMMA3,
    {**_NORMS, **_MORE_NORMS, **_HEAD_NORMS, **_ATTENTION, **_FEED},
    norm_shift=1.0,
    tied=True,
    chains=_FEED_CHAIN,
    rope_theta=1_000_000.0,
    head=256,
    activation=_GELU,
)
_PHI3 = Architecture(
    MODEL_ARCH.PHI3,
    {
        **_NORMS,
        "self_attn.qkv_proj": ("queries_and_keys", "hidden"),
        "self_attn.o_proj": ("hidden", "queries"),
        "mlp.gate_up_proj": ("feed_twice", "hidden"),
        "mlp.down_proj": ("hidden", "feed"),
    },
    chains=((("mlp.gate_up_proj",), "mlp.down_proj"),),
)

_TABLE: Mapping[str, Architecture] = {
    "LlamaForCausalLM": _LLAMA,
    "LLaMAForCausalLM": _LLAMA,
    "MistralForCausalLM": _LLAMA,
    "MixtralForCausalLM": _MIXTRAL,
    "Qwen2ForCausalLM": _QWEN2,
    "Qwen3ForCausalLM": _QWEN3,
    "Gemma2ForCausalLM": _GEMMA2,
    "Gemma3ForCausalLM": _GEMMA3,
    "Gemma3ForConditionalGeneration": _GEMMA3,
    "Phi3ForCausalLM": _PHI3,
}
_OTHER_MEDIA = ("vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector.")
_ROOTS = ("model.", "language_model.model.", "model.language_model.", "")
_MAX = {"num_hidden_layers": 4096, "num_local_experts": 4096}


def architecture_of(config: Settings) -> Architecture:
    """The table of a model.

    Raises:
        ArchitectureNotRepacked: there is none.
    """
    return _TABLE[require_architecture(config)]


def require_activation(text: Settings, architecture: Architecture) -> None:
    """See that a model bends its values as llama.cpp does for all of its kind.

    Raises:
        ConfigUnusable: in another way.
    """
    name, *computed = architecture.activation
    stated = text.get(name) or computed[0]
    if stated not in computed:
        raise ConfigUnusable(file=CONFIG, reason=f"{name} is {stated!r}, which this architecture never has")


def is_other_media(name: str) -> bool:
    """Whether a tensor belongs to a part for pictures or sound."""
    return name.startswith(_OTHER_MEDIA)


def root_of(names: Mapping[str, object]) -> str:
    """What precedes `embed_tokens` and `layers` in the names of the language model's tensors."""
    return next((root for root in _ROOTS if f"{root}embed_tokens.weight" in names), _ROOTS[0])


@dataclass(frozen=True)
class Sizes:
    """The sizes of a model by the names that the tables use, and the number of layers and experts."""

    layers: int
    heads: int
    kv_heads: int
    named: Mapping[str, int]

    def shape(self, shape: Shape) -> tuple[int, ...]:
        """A table's shape in numbers."""
        return tuple(self.named[name] for name in shape)

    def __getitem__(self, name: str) -> int:
        return self.named[name]


def sizes_of(text: Settings, architecture: Architecture) -> Sizes:
    """Read the sizes of a model.

    Raises:
        ConfigUnusable: one is missing, or no sensible number.
    """
    hidden, heads = count(text, "hidden_size"), count(text, "num_attention_heads")
    kv_heads = count(text, "num_key_value_heads", heads)
    head = count(
        text, "head_dim", 256 if architecture.kind in (MODEL_ARCH.GEMMA2, MODEL_ARCH.GEMMA3) else hidden // heads
    )
    if head % 2:
        raise ConfigUnusable(file=CONFIG, reason=f"a head of {head} has no halves to turn against each other")
    feed = count(text, "intermediate_size")
    return Sizes(
        layers=count(text, "num_hidden_layers"),
        heads=heads,
        kv_heads=kv_heads,
        named={
            "hidden": hidden,
            "head": head,
            "queries": heads * head,
            "keys": kv_heads * head,
            "queries_and_keys": (heads + 2 * kv_heads) * head,
            "feed": feed,
            "feed_twice": 2 * feed,
            "vocabulary": count(text, "vocab_size", 262_208 if architecture.kind is MODEL_ARCH.GEMMA3 else None),
            "experts": count(text, "num_local_experts") if architecture.experts else 0,
        },
    )


def count(text: Settings, name: str, default: int | None = None) -> int:
    """A whole number above zero.

    Raises:
        ConfigUnusable: it is none, or missing without a default.
    """
    value = text.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MAX.get(name, 1 << 31):
        raise ConfigUnusable(file=CONFIG, reason=f"{name} is {value!r}")
    return value
