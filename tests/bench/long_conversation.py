"""Conversations of any length with every kind of block, the same at every run."""

from __future__ import annotations

import random
from collections.abc import Iterator

from app.core.chat.conversations import StoredMessage
from app.core.engine.messages import MessageState, Role

COMMON = """the settings travel with files and tensors while a kernel reads every group of columns in order because \
scales are small numbers that belong to weights which matter most for accuracy on a machine without much memory"""
WORDS = COMMON.split()
CODE = """```python
def group_size(folder: str) -> int:
    # older repos keep it in a file of its own
    old = pathlib.Path(folder, "quantize_config.json")
    return json.loads(old.read_text())["group_size"] if old.exists() else 128
```
"""
TABLE = """| type | bits | size | use |
| --- | ---: | ---: | --- |
| Q4_0 | 4.5 | 7.37 GB | small and **fast** |
| Q5_K_M | 5.7 | 9.23 GB | a fair middle |
| Q8_0 | 8.5 | 13.8 GB | near the original |
"""
MATH = """The error of a group is bounded by its scale:

$$\\lVert W - \\hat W \\rVert_F \\le \\frac{s}{2}\\sqrt{n \\cdot g}$$

where $s = \\max_i |w_i| / 7$ and $g$ is the group's size.
"""
LIST = """1. Read the header,
2. compare the tensors:
   - names, then *shapes*,
   - then `dtype`s;
3. say what is missing.

- [x] checked
- [ ] not yet

> Trust the tensors more than the card.
"""


def prose(chance: random.Random, sentences: int) -> str:
    """Sentences of common words, some of them styled."""
    made = []
    for _ in range(sentences):
        words = chance.choices(WORDS, k=chance.randint(6, 22))
        words[chance.randrange(len(words))] += f" **{chance.choice(WORDS)}** `{chance.choice(WORDS)}`"
        made.append(" ".join(words).capitalize() + ".")
    return " ".join(made)


def answer(chance: random.Random) -> str:
    """A reply with one to three special blocks between its paragraphs."""
    parts = [prose(chance, chance.randint(1, 4))]
    for block in chance.sample((CODE, TABLE, MATH, LIST), chance.randint(1, 3)):
        parts += [block, prose(chance, chance.randint(1, 3))]
    return "\n\n".join(parts)


def messages(count: int) -> list[StoredMessage]:
    """Questions and answers in turn, numbered from 1; the last one is an answer."""
    chance = random.Random(5)
    made = []
    for number in range(1, count + 1):
        role, text = (Role.USER, prose(chance, 2)) if number % 2 else (Role.ASSISTANT, answer(chance))
        made.append(StoredMessage(id=number, parent_id=number - 1 or None, role=role, text=text))
    return made


def finished(number: int, text: str) -> StoredMessage:
    """A reply that is whole."""
    return StoredMessage(id=number, parent_id=number - 1, role=Role.ASSISTANT, text=text)


def streaming(number: int, text: str = "") -> StoredMessage:
    """A reply that is being written."""
    return StoredMessage(id=number, parent_id=number - 1, role=Role.ASSISTANT, text=text, state=MessageState.STREAMING)


def tokens() -> Iterator[str]:
    """Text without an end in pieces of about four characters, as a model writes it."""
    chance = random.Random(7)
    while True:
        text = answer(chance) + "\n\n"
        at = 0
        while at < len(text):
            size = chance.choice((2, 3, 4, 4, 5, 6))
            yield text[at : at + size]
            at += size
