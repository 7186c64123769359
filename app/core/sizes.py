"""Bytes and counts as people read them, with the marks of their language: one form for the whole program."""

from __future__ import annotations

from app.core.language import NUMBERS


def format_bytes(count: int) -> str:
    """Decimal units, three significant figures: `812 B`, `7.87 GB`, `40 GB`."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text.replace('.', NUMBERS.get().decimal)} {unit}"


def format_decimal(value: float, digits: int) -> str:
    """A fraction: `9.7`."""
    return f"{value:.{digits}f}".replace(".", NUMBERS.get().decimal)


def format_rate(per_second: float) -> str:
    """Two figures that mean something, thousands apart: `9.7`, `41`, `3,663`."""
    return format_decimal(per_second, 1) if per_second < 9.95 else format_count(round(per_second))


def format_count(count: int) -> str:
    """Thousands apart: `8,192`."""
    return f"{count:,}".replace(",", NUMBERS.get().group)
