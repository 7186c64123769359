"""Reads the text of one file, whose kind is told by its content; the name only says which language code is in.

Raises nothing but the errors of `app.core.chat.attachment_errors` and those of files.
"""

from __future__ import annotations

from pathlib import Path

from app.attachments.docx import docx_text, is_docx
from app.attachments.pdf import PDF_MAGIC, pdf_text
from app.attachments.plain import language_of, media_type_of, plain_text
from app.core.chat.attachment_errors import AttachmentEmpty, AttachmentTooLarge, AttachmentWithoutText
from app.core.chat.attachments import Attachment
from app.core.file_errors import FileGone, FileUnreadable
from app.core.sizes import format_bytes, format_count

MAX_FILE_BYTES = 100_000_000
MAX_TEXT_FILE_BYTES = 20_000_000
MAX_CHARACTERS = 10_000_000
"""Some hundred times what today's contexts hold; a frame between processes takes more."""

PDF_TYPE = "application/pdf"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_HEAD = 2048


def extract(path: Path) -> Attachment:
    """What the file says.

    Raises:
        FileGone: it is not there.
        FileUnreadable: the system refuses.
        AttachmentTooLarge: it is larger than is sensible, or its text is.
        AttachmentBinary: it is neither text nor a known document.
        AttachmentEncrypted: it asks for a password.
        AttachmentWithoutText: it holds pictures alone.
        AttachmentEmpty: it holds nothing.
        AttachmentDamaged: it is cut off or contradicts itself.
    """
    name = path.name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise FileGone(file=name, folder=str(path.absolute().parent)) from None
    except OSError as error:
        raise FileUnreadable(str(error), file=name, reason=(error.strerror or str(error)).lower()) from None
    _check_size(name, size, MAX_FILE_BYTES)
    if not size:
        raise AttachmentEmpty(file=name)
    return _checked(_read(path, head, size))


def _read(path: Path, head: bytes, size: int) -> Attachment:
    if PDF_MAGIC in head[:1024]:
        text, pages = pdf_text(path)
        return Attachment(path.name, PDF_TYPE, text, pages=pages)
    if is_docx(path, head):
        return Attachment(path.name, DOCX_TYPE, docx_text(path))
    _check_size(path.name, size, MAX_TEXT_FILE_BYTES)
    text = plain_text(path)
    return Attachment(path.name, media_type_of(path.name), text, language_of(path.name))


def _checked(attachment: Attachment) -> Attachment:
    if not attachment.text.strip():
        if attachment.media_type in (PDF_TYPE, DOCX_TYPE):
            raise AttachmentWithoutText(file=attachment.name)
        raise AttachmentEmpty(file=attachment.name)
    if attachment.characters > MAX_CHARACTERS:
        size, limit = format_count(attachment.characters), format_count(MAX_CHARACTERS)
        raise AttachmentTooLarge(file=attachment.name, size=f"{size} characters", limit=limit)
    return attachment


def _check_size(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise AttachmentTooLarge(file=name, size=format_bytes(size), limit=format_bytes(limit))
