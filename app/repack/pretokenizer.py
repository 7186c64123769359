"""Which of llama.cpp's pre-tokenizers a byte-level BPE tokenizer.json means: told by how it splits a text.

The names are those of `tokenizer.ggml.pre`. The patterns are what the published tokenizers contain; another one is
refused, since a model whose text is split otherwise than in its training silently becomes worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.core.checkpoints.repack_errors import TokenizerUnknown

_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_OPENING = r"[^\r\n\p{L}\p{N}]?"
_CASED_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

_LLAMA3 = _CONTRACTIONS + _WORDS + r"\p{N}{1,3}" + _REST
_BY_PATTERNS: Mapping[tuple[str, ...], str] = {
    (_GPT2,): "gpt-2",
    (r"\p{N}", _GPT2): "smollm",
    (_LLAMA3,): "llama-bpe",
    (_CONTRACTIONS + _WORDS + r"\p{N}" + _REST,): "qwen2",
    (
        f"{_OPENING}{_UPPER}*{_LOWER}+|{_OPENING}{_UPPER}+{_LOWER}*" + r"|\p{N}" + _CASED_REST,
    ): "tekken",
    (
        f"{_OPENING}{_UPPER}*{_LOWER}+{_SUFFIX}|{_OPENING}{_UPPER}+{_LOWER}*{_SUFFIX}" + r"|\p{N}{1,3}" + _CASED_REST,
    ): "gpt-4o",
}  # fmt: skip
_WITHOUT_WHOLE_WORDS = {"llama-bpe": "smaug-bpe"}
"""llama.cpp's `llama-bpe` takes a word that is a token before it merges; this splits alike and does not."""
_TAKES_WHOLE_WORDS = frozenset({"llama-bpe", "tekken"})


def pre_tokenizer_of(tokenizer: Mapping[str, object], ignore_merges: bool) -> str:
    """The name of the pre-tokenizer.

    Args:
        tokenizer: a whole tokenizer.json.
        ignore_merges: whether a word that is a token is taken without merging.

    Raises:
        TokenizerUnknown: it splits in a way that llama.cpp has no name for.
    """
    patterns = tuple(_patterns(_steps(tokenizer.get("pre_tokenizer"))))
    name = _BY_PATTERNS.get(patterns)
    if name is None:
        raise TokenizerUnknown(repr(patterns), reason="it splits text in a way that llama.cpp does not know")
    if not ignore_merges:
        return _WITHOUT_WHOLE_WORDS.get(name, name)
    if name not in _TAKES_WHOLE_WORDS:
        raise TokenizerUnknown(repr(patterns), reason="it takes whole words in a way that llama.cpp does not know")
    return name


def _steps(step: object) -> list[Mapping[str, object]]:
    if not isinstance(step, dict):
        return []
    inner = step.get("pretokenizers")
    if step.get("type") == "Sequence" and isinstance(inner, list):
        return [part for one in inner for part in _steps(one)]
    return [step]


def _patterns(steps: Iterable[Mapping[str, object]]) -> Iterable[str]:
    for step in steps:
        match step.get("type"):
            case "ByteLevel" if step.get("use_regex", True):
                yield _GPT2
            case "ByteLevel":
                continue
            case "Digits" if step.get("individual_digits"):
                yield r"\p{N}"
            case "Split":
                pattern = step.get("pattern")
                found = pattern.get("Regex") if isinstance(pattern, dict) else None
                yield found if isinstance(found, str) else repr(pattern)
            case other:
                yield f"<{other}>"
