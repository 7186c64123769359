"""Numbers between two bounds, in the notation of llama.cpp's grammars. Pure."""

from __future__ import annotations

from collections.abc import Callable

_LARGEST = 10**16 - 1
_FRACTION = '("." [0-9]{1,16})?'
_NO_FRACTION = '("." "0"{1,16})?'
_Naturals = Callable[[int, int], str]


def integers(low: int | None, high: int | None) -> str:
    """Whole numbers from one to the other, both included; None is no bound, beyond what a number may have of digits.

    Raises:
        ValueError: there are none.
    """
    return _signed(low, high, _naturals)


def numbers(low: int | None, high: int | None) -> str:
    """The same with those that lie between whole numbers."""
    return _signed(low, high, _fractions)


def _signed(low: int | None, high: int | None, between: _Naturals) -> str:
    first = -_LARGEST if low is None else max(low, -_LARGEST)
    last = _LARGEST if high is None else min(high, _LARGEST)
    if first > last:
        raise ValueError(f"no number lies between {low} and {high}")
    options = []
    if last >= 0:
        options.append(between(max(first, 0), last))
    if first < 0:
        options.append(f'"-" {between(max(-last, 0), -first)}')
    return _one_of(options)


def _fractions(first: int, last: int) -> str:
    below = [f"{_naturals(first, last - 1)} {_FRACTION}"] if first < last else []
    return _one_of([*below, f'"{last}" {_NO_FRACTION}'])


def _naturals(first: int, last: int) -> str:
    options = []
    for size in range(len(str(first)), len(str(last)) + 1):
        smallest = 10 ** (size - 1) if size > 1 else 0
        options.append(_digits(str(max(first, smallest)), str(min(last, 10**size - 1))))
    return _one_of(options)


def _digits(first: str, last: str) -> str:
    """Rows of digits from one to another as long."""
    rest = len(first) - 1
    zeros, nines = "0" * rest, "9" * rest
    if (first[1:], last[1:]) == (zeros, nines):
        return f"[{first[0]}-{last[0]}]" + (f" [0-9]{{{rest}}}" if rest else "")
    if first[0] == last[0]:
        return f'"{first[0]}" {_digits(first[1:], last[1:])}'
    options = [f'"{first[0]}" {_digits(first[1:], nines)}']
    if int(last[0]) - int(first[0]) > 1:
        options.append(_digits(f"{int(first[0]) + 1}{zeros}", f"{int(last[0]) - 1}{nines}"))
    return _one_of([*options, f'"{last[0]}" {_digits(zeros, last[1:])}'])


def _one_of(options: list[str]) -> str:
    return options[0] if len(options) == 1 else f"({' | '.join(options)})"
