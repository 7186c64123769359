"""The text of a PDF, page by page, through pypdf."""

from __future__ import annotations

from pathlib import Path

from app.core.chat.attachment_errors import AttachmentDamaged, AttachmentEncrypted, AttachmentTooLarge
from app.core.sizes import format_count

PDF_MAGIC = b"%PDF-"
MAX_PAGES = 5_000


def pdf_text(path: Path) -> tuple[str, int]:
    """The text of all pages, apart by blank lines, and their number.

    Raises:
        AttachmentEncrypted: it asks for a password to be read; one that is empty is tried.
        AttachmentDamaged: it cannot be made sense of.
        AttachmentTooLarge: it has more than `MAX_PAGES` pages.
    """
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError, PdfReadError, WrongPasswordError

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise AttachmentEncrypted(file=path.name)
        pages = len(reader.pages)
        if pages > MAX_PAGES:
            size = f"{format_count(pages)} pages"
            raise AttachmentTooLarge(file=path.name, size=size, limit=format_count(MAX_PAGES))
        texts = [page.extract_text().strip() for page in reader.pages]
    except (FileNotDecryptedError, WrongPasswordError):
        raise AttachmentEncrypted(file=path.name) from None
    except (AttachmentEncrypted, AttachmentTooLarge, MemoryError):
        raise
    except PdfReadError as error:
        raise AttachmentDamaged(str(error), file=path.name, reason="it is not a whole PDF") from None
    except Exception as error:  # a hostile or broken file makes pypdf stumble in any way
        raise AttachmentDamaged(repr(error), file=path.name, reason="its pages cannot be read") from None
    return _clean("\n\n".join(text for text in texts if text)), pages


def _clean(text: str) -> str:
    """Fonts can map their glyphs to NULs and to halves of characters."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
