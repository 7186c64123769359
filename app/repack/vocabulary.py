"""The vocabulary as GGUF wants it, from tokenizer.model (SentencePiece) or tokenizer.json (BPE of either kind).

A tokenizer.json that was made of a SentencePiece model (with byte fallback) becomes one again: its merges were made
of the pieces' scores, so that the rank of a merge serves as the score of its piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gguf import GGUFWriter, SpecialVocab, TokenType

from app.core.checkpoints.repack_errors import TokenizerUnknown
from app.repack.checkpoint import Checkpoint
from app.repack.folder import Settings
from app.repack.pretokenizer import pre_tokenizer_of
from app.repack.sentencepiece import parse_sentencepiece

_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_SPACE = "▁"
_ADDED_SCORE, _UNUSED_SCORE = -1000.0, -10000.0
_BPE_BY_CLASS = {"Qwen2Tokenizer": "qwen2", "GPT2Tokenizer": "gpt-2"}


@dataclass
class Vocabulary:
    """One entry for each row of the embedding; scores only for SentencePiece, merges only for BPE.

    `dropped` are the ids of tokens that have no row.
    """

    model: str
    pre: str
    tokens: list[str]
    types: list[int]
    scores: list[float]
    adds_space: bool
    dropped: set[int] = field(default_factory=set)

    @staticmethod
    def blank(model: str, pre: str, rows: int, *, adds_space: bool) -> Vocabulary:
        """One that holds only padding."""
        tokens = [f"[PAD{row}]" for row in range(rows)]
        return Vocabulary(
            model, pre, tokens, [int(TokenType.UNUSED)] * rows, [_UNUSED_SCORE] * rows, adds_space=adds_space
        )

    def put(self, row: int, text: str, kind: int, score: float = 0.0) -> None:
        """Say what a token is."""
        if not 0 <= row < len(self.tokens):
            self.dropped.add(row)
            return
        self.tokens[row], self.types[row], self.scores[row] = text, kind, score

    def add(self, row: int, text: str, *, special: bool) -> None:
        """Put a token that was added to the vocabulary, unless it is there already as the unknown one or a byte."""
        if 0 <= row < len(self.types) and self.types[row] in (TokenType.UNKNOWN, TokenType.BYTE):
            return
        kind = TokenType.CONTROL if special else TokenType.USER_DEFINED
        self.put(row, text if special else text.replace(_SPACE, " "), int(kind), _ADDED_SCORE)

    def write(self, out: GGUFWriter) -> None:
        """Add the metadata."""
        out.add_tokenizer_model(self.model)
        out.add_tokenizer_pre(self.pre)
        out.add_token_list(self.tokens)
        if self.model == "llama":
            out.add_token_scores(self.scores)
            out.add_add_space_prefix(self.adds_space)
        out.add_token_types(self.types)


def read_vocabulary(checkpoint: Checkpoint, rows: int) -> Vocabulary:
    """The vocabulary of a checkpoint whose embedding has so many rows.

    Raises:
        TokenizerUnknown: there is none that llama.cpp would read alike.
        ConfigUnusable: a file is no JSON.
    """
    tokenizer = checkpoint.json("tokenizer.json")
    try:
        vocabulary = _read(checkpoint, tokenizer, rows)
        for row, text, special in _added(checkpoint, tokenizer):
            vocabulary.add(row, text, special=special)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TokenizerUnknown(f"{type(error).__name__}: {error}", reason="one of its files is damaged") from None
    return vocabulary


def special_vocabulary(checkpoint: Checkpoint, vocabulary: Vocabulary) -> SpecialVocab:
    """Merges, the ids of special tokens, and the model's own chat template.

    Raises:
        TokenizerUnknown: a file is damaged.
    """
    is_bpe = vocabulary.model == "gpt2"
    try:
        found = SpecialVocab(checkpoint.folder, load_merges=is_bpe, n_vocab=len(vocabulary.tokens))
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise TokenizerUnknown(f"{type(error).__name__}: {error}", reason="one of its files is damaged") from None
    if is_bpe and not found.merges:
        raise TokenizerUnknown(reason="it has no merges")
    if is_bpe:
        found.add_special_token.setdefault("bos", False)
    return found


def _read(checkpoint: Checkpoint, tokenizer: Settings, rows: int) -> Vocabulary:
    pieces = checkpoint.folder / "tokenizer.model"
    if pieces.is_file():
        try:
            return _of_pieces(pieces.read_bytes(), rows)
        except TokenizerUnknown:
            if not tokenizer:
                raise
    model = tokenizer.get("model")
    if isinstance(model, dict):
        if model.get("type", "BPE") != "BPE":
            raise TokenizerUnknown(reason=f"it is of the kind {model.get('type')}")
        return _of_fallback(tokenizer, model, rows) if model.get("byte_fallback") else _of_bytes(tokenizer, model, rows)
    if plain := checkpoint.json("vocab.json"):
        name = str(checkpoint.json("tokenizer_config.json").get("tokenizer_class"))
        if name not in _BPE_BY_CLASS:
            raise TokenizerUnknown(reason=f"without tokenizer.json, its class {name} does not tell how it splits text")
        return _filled(Vocabulary.blank("gpt2", _BPE_BY_CLASS[name], rows, adds_space=False), plain)
    raise TokenizerUnknown(reason="there is neither tokenizer.model nor tokenizer.json")


def _of_pieces(data: bytes, rows: int) -> Vocabulary:
    found = parse_sentencepiece(data)
    vocabulary = Vocabulary.blank("llama", "default", rows, adds_space=found.adds_space)
    for row, piece in enumerate(found.pieces):
        vocabulary.put(row, piece.text, piece.type, piece.score)
    return vocabulary


def _of_bytes(tokenizer: Settings, model: Mapping[str, object], rows: int) -> Vocabulary:
    pre = pre_tokenizer_of(tokenizer, bool(model.get("ignore_merges")))
    return _filled(Vocabulary.blank("gpt2", pre, rows, adds_space=False), _tokens(model))


def _filled(vocabulary: Vocabulary, tokens: Mapping[str, object]) -> Vocabulary:
    for text, row in tokens.items():
        vocabulary.put(_row(row), text, int(TokenType.NORMAL))
    return vocabulary


def _of_fallback(tokenizer: Settings, model: Mapping[str, object], rows: int) -> Vocabulary:
    vocabulary = Vocabulary.blank("llama", "default", rows, adds_space=_adds_space(tokenizer))
    ranks: dict[str, int] = {}
    merges = model["merges"]
    for rank, merge in enumerate(merges if isinstance(merges, list) else []):
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        ranks.setdefault(left + right, rank)
    for text, row in _tokens(model).items():
        kind = TokenType.NORMAL
        if text == model.get("unk_token"):
            kind = TokenType.UNKNOWN
        elif _BYTE.fullmatch(text):
            kind = TokenType.BYTE
        vocabulary.put(_row(row), text, int(kind), -float(ranks.get(text, len(ranks) + _row(row))))
    return vocabulary


def _adds_space(tokenizer: Settings) -> bool:
    """Whether a space is put before a text: by the normalizer (older files) or the pre-tokenizer."""
    return _has(tokenizer.get("normalizer"), "Prepend") or _has(tokenizer.get("pre_tokenizer"), "Metaspace")


def _has(step: object, kind: str) -> bool:
    if not isinstance(step, dict):
        return False
    if step.get("type") == kind:
        return kind != "Metaspace" or (
            step.get("prepend_scheme", "always") != "never" and step.get("add_prefix_space", True) is not False
        )
    inner = [*(step.get("normalizers") or []), *(step.get("pretokenizers") or [])]
    return any(_has(part, kind) for part in inner)


def _tokens(model: Mapping[str, object]) -> Mapping[str, object]:
    found = model["vocab"]
    if not isinstance(found, dict) or not found:
        raise ValueError("no vocabulary")
    return found


def _added(checkpoint: Checkpoint, tokenizer: Settings) -> Iterator[tuple[int, str, bool]]:
    """Row, text and whether it is special, from the least to the most telling file."""
    for text, row in checkpoint.json("added_tokens.json").items():
        yield _row(row), text, _looks_special(text)
    listed = checkpoint.json("tokenizer_config.json").get("added_tokens_decoder")
    for key, token in (listed if isinstance(listed, dict) else {}).items():
        yield int(key), str(token["content"]), bool(token.get("special")) or _looks_special(token["content"])
    more = tokenizer.get("added_tokens")
    for token in more if isinstance(more, list) else []:
        yield _row(token["id"]), str(token["content"]), bool(token.get("special")) or _looks_special(token["content"])


def _looks_special(text: str) -> bool:
    """Tokens such as `<|im_start|>` end or structure a turn even where nobody marked them."""
    return text.startswith("<|") and text.endswith("|>")


def _row(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no id")
    return value
