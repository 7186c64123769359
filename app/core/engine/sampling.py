"""How the next token is chosen. Each option is declared once; decoding enforces its range."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from app.core.program.setting_errors import InvalidOption

Probability = Annotated[float, Meta(ge=0, le=1)]
NonNegative = Annotated[float, Meta(ge=0)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
Window = Annotated[int, Meta(ge=-1)]


class Sampling(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Options of llama.cpp's sampler chain, with its names and defaults (`common/common.h`).

    A temperature of 0 is greedy. `max_tokens` None means until the model ends or the context is
    full. `seed` None draws one, which the reply's record keeps. A penalty window of -1 is the whole
    context.
    """

    temperature: Annotated[float, Meta(ge=0, le=5)] = 0.8
    top_k: Annotated[int, Meta(ge=0)] = 40
    top_p: Probability = 0.95
    min_p: Probability = 0.05
    typical_p: Probability = 1.0
    repeat_penalty: Annotated[float, Meta(gt=0, le=5)] = 1.0
    frequency_penalty: Penalty = 0.0
    presence_penalty: Penalty = 0.0
    penalty_window: Window = 64
    dry_multiplier: NonNegative = 0.0
    dry_base: Annotated[float, Meta(ge=1)] = 1.75
    dry_allowed_length: Annotated[int, Meta(ge=0)] = 2
    dry_window: Window = -1
    dry_breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    xtc_probability: Probability = 0.0
    xtc_threshold: Probability = 0.1
    seed: Annotated[int, Meta(ge=0, le=0xFFFFFFFE)] | None = None
    grammar: str = ""
    logit_bias: dict[int, float] = {}
    stop: tuple[str, ...] = ()
    max_tokens: Annotated[int, Meta(ge=1)] | None = None

    @staticmethod
    def checked(**options: object) -> Sampling:
        """Build from outside input, such as the command line.

        Raises:
            InvalidOption: a value is of the wrong type or out of its range.
        """
        try:
            return msgspec.convert(options, Sampling)
        except msgspec.ValidationError as error:
            raise invalid_option(error, options) from None


def invalid_option(error: msgspec.ValidationError, options: dict[str, object]) -> InvalidOption:
    """Turn msgspec's complaint, which ends in ` - at `$.name``, into one that names the option."""
    reason, _, place = str(error).partition(" - at ")
    option = place.strip("`").removeprefix("$").lstrip(".").split(".")[0].split("[")[0]
    plain = reason[:1].lower() + reason[1:]
    return InvalidOption(option=option or "an option", value=repr(options.get(option)), reason=plain)
