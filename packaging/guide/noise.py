"""Text without sense, after which the Guide is to keep its words all the same."""

from __future__ import annotations

from random import Random

SCRIPTS = (
    *(range(0x61, 0x7B), range(0x61, 0x7B), range(0x21, 0x7F), range(0x30, 0x3A), range(0xC0, 0x100)),
    *(range(0x3B1, 0x3CA), range(0x430, 0x450), range(0x5D0, 0x5EB), range(0x621, 0x64B), range(0x905, 0x93A)),
    *(range(0xE01, 0xE2F), range(0x3041, 0x3094), range(0x4E00, 0x9FA6), range(0xAC00, 0xD7A4)),
    *(range(0x1F300, 0x1F650), range(0x2000, 0x2070)),
)
"""The signs of text without sense: Latin twice, a keyboard's, digits, letters of many scripts, and what is unseen."""

LONG = 600
"""Signs of the longest text that comes of something said over and over."""


def noise(random: Random) -> str:
    """Words of one script, or of all of them; at times over and over."""
    scripts = SCRIPTS if random.random() < 0.3 else (random.choice(SCRIPTS),)
    count, longest = random.choice((1, 2, 3, 5, 10, 40)), random.choice((1, 4, 8, 40))
    lengths = [random.randint(1, longest) for _ in range(count)]
    words = ["".join(chr(random.choice(random.choice(scripts))) for _ in range(length)) for length in lengths]
    if random.random() < 0.2:
        words = words[: random.randint(1, 3)] * random.randint(2, LONG)
    return random.choice((" ", " ", "")).join(words)[:LONG]
