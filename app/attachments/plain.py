"""Text, code, Markdown and CSV in any encoding."""

from __future__ import annotations

import codecs
import mimetypes
from pathlib import Path, PurePath

from app.core.chat.attachment_errors import AttachmentBinary
from app.core.file_errors import FileUnreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST_COMMON = "cp1252"  # among encodings that fit equally well
_SAMPLE = 200_000
_MAX_CONTROLS = 0.02
_TYPES = {".md": "text/markdown", ".markdown": "text/markdown", ".csv": "text/csv", ".tsv": "text/tab-separated-values"}


def plain_text(path: Path) -> str:
    """The file as text, with line feeds alone at the ends of lines.

    Raises:
        AttachmentBinary: no encoding makes text of it.
        FileUnreadable: the system refuses.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileUnreadable(str(error), file=path.name, reason=(error.strerror or str(error)).lower()) from None
    text = _decoded(data)
    if text is None or _is_binary(text):
        raise AttachmentBinary(file=path.name)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def media_type_of(name: str) -> str:
    """The type that goes with a name; `text/plain` where none is known, since the content is text."""
    suffix = PurePath(name).suffix.lower()
    found = _TYPES.get(suffix) or mimetypes.guess_type(name, strict=False)[0] or "text/plain"
    return found if found.startswith("text/") or found in ("application/json", "application/xml") else "text/plain"


def language_of(name: str) -> str:
    """The language of code as a Markdown fence names it; empty for plain text and what is not known."""
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_for_filename(name)
    except ClassNotFound:
        return ""
    alias = lexer.aliases[0] if lexer.aliases else ""
    return "" if alias == "text" else alias


def _decoded(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _as(data, encoding)
    if b"\x00" not in data[:_SAMPLE]:
        text = _as(data, "utf-8")
        if text is not None:
            return text
    return _guessed(data)


def _guessed(data: bytes) -> str | None:
    """Text in an encoding of its time; UTF-16 without a mark among them."""
    from charset_normalizer import from_bytes

    matches = list(from_bytes(data[:_SAMPLE]))
    if not matches:
        return None
    equals = [one for one in matches if (one.chaos, one.coherence) == (matches[0].chaos, matches[0].coherence)]
    best = next((one for one in equals if one.encoding == _MOST_COMMON), matches[0])
    # The sample may have ended inside a character, and what follows may not be pure.
    return data.decode(best.encoding, "replace")


def _as(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_binary(text: str) -> bool:
    sample = text[:_SAMPLE]
    controls = sum(letter < " " and letter not in "\t\n\r\f\x1b" for letter in sample)
    return "\x00" in sample or controls > _MAX_CONTROLS * len(sample)
