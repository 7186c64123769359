"""Writes the network and its tokenizer as a GGUF, which is all that a program needs to run it."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from gguf.quants import quantize
from numpy.typing import NDArray
from tokenizers import Tokenizer

from guide.model import NORM_EPSILON, ROPE_BASE, Network
from guide.template import CHAT_TEMPLATE, END
from guide.vocabulary import tokens_and_merges

Array = NDArray[np.float32]
ARCHITECTURE = "llama"
FILE_TYPES = {
    gguf.GGMLQuantizationType.F16: gguf.LlamaFileType.MOSTLY_F16,
    gguf.GGMLQuantizationType.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0,
    gguf.GGMLQuantizationType.Q5_1: gguf.LlamaFileType.MOSTLY_Q5_1,
    gguf.GGMLQuantizationType.Q5_0: gguf.LlamaFileType.MOSTLY_Q5_0,
    gguf.GGMLQuantizationType.Q4_0: gguf.LlamaFileType.MOSTLY_Q4_0,
}


def export(network: Network, tokenizer: Tokenizer, path: Path, quantization: gguf.GGMLQuantizationType) -> None:
    """Write the file; norms stay in full precision."""
    writer = gguf.GGUFWriter(path, ARCHITECTURE)
    _describe(writer, network, FILE_TYPES[quantization])
    _add_vocabulary(writer, tokenizer)
    for name, values in tensors(network).items():
        if values.ndim == 1:
            writer.add_tensor(name, values)
        else:
            writer.add_tensor(name, quantize(values, quantization), raw_dtype=quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tensors(network: Network) -> dict[str, Array]:
    """The weights by the names that llama.cpp has for them."""
    found = {
        "token_embd.weight": _array(network.embedding.weight),
        "output_norm.weight": _array(network.norm.weight),
        "output.weight": _array(network.output.weight),
    }
    for number, block in enumerate(network.blocks):
        query, key, value = np.split(_array(block.attention.qkv.weight), 3)
        gate, up = np.split(_array(block.feed.gate_up.weight), 2)
        parts = {
            "attn_norm": _array(block.attention_norm.weight),
            "attn_q": query,
            "attn_k": key,
            "attn_v": value,
            "attn_output": _array(block.attention.output.weight),
            "ffn_norm": _array(block.feed_norm.weight),
            "ffn_gate": gate,
            "ffn_up": up,
            "ffn_down": _array(block.feed.down.weight),
        }
        found |= {f"blk.{number}.{name}.weight": np.ascontiguousarray(part) for name, part in parts.items()}
    return found


def _array(weight: object) -> Array:
    return weight.detach().float().numpy()  # type: ignore[attr-defined]


def _describe(writer: gguf.GGUFWriter, network: Network, file_type: gguf.LlamaFileType) -> None:
    shape = network.shape
    writer.add_name("Guide")
    writer.add_description("Answers questions about Parley and quantized models, in English, and nothing else")
    writer.add_license("mit")
    writer.add_languages(["en"])
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)


def _add_vocabulary(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    tokens, merges = tokens_and_merges(tokenizer)
    control = {token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special}
    types = [gguf.TokenType.CONTROL if token in control else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokenizer.token_to_id(END))
    writer.add_eot_token_id(tokenizer.token_to_id(END))
    writer.add_pad_token_id(tokenizer.token_to_id(END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
