"""The tokenizer: byte-level BPE, learned from the material, that splits text as GPT-2's does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from guide.template import CONTROL_TOKENS, subject_token


def learned(texts: Iterable[str], size: int, subjects: Iterable[str]) -> Tokenizer:
    """A tokenizer of `size` tokens for such texts, and a control token for each subject after them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(CONTROL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([subject_token(subject) for subject in subjects])
    return tokenizer


def load(path: Path) -> Tokenizer:
    """Read one that was saved."""
    return Tokenizer.from_file(str(path))


def tokens_and_merges(tokenizer: Tokenizer) -> tuple[list[str], list[str]]:
    """The tokens by their numbers, and the merges in their order, as a GGUF holds them."""
    numbers = tokenizer.get_vocab()
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return sorted(numbers, key=numbers.__getitem__), [" ".join(merge) for merge in merges]
