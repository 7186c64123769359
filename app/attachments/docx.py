"""The text of a Word document (DOCX, ECMA-376): paragraphs, lists and tables of its body.

Read from the zip itself, since only the text is wanted and a hostile document must not get far: the
XML is parsed as a stream, entities are refused, and what it unpacks to is counted.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from app.core.chat.attachment_errors import AttachmentBinary, AttachmentDamaged, AttachmentEncrypted, AttachmentTooLarge
from app.core.data.zip_faults import ZIP_FAULTS
from app.core.sizes import format_bytes

MAX_XML_BYTES = 200_000_000

_BODY = "word/document.xml"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def is_docx(path: Path, head: bytes) -> bool:
    """Whether this is a Word document.

    Raises:
        AttachmentEncrypted: it is one inside the container that a password makes.
        AttachmentBinary: it is another kind of archive or an old Word document.
        AttachmentDamaged: it is a zip that cannot be opened.
    """
    if head.startswith(_OLE_MAGIC):
        if _ENCRYPTED in path.read_bytes():
            raise AttachmentEncrypted(file=path.name)
        raise AttachmentBinary(file=path.name)
    if not head.startswith(_ZIP_MAGIC):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            if _BODY in archive.namelist():
                return True
    except (*ZIP_FAULTS, OSError) as error:
        raise AttachmentDamaged(str(error), file=path.name, reason="it is not a whole document") from None
    raise AttachmentBinary(file=path.name)


def docx_text(path: Path) -> str:
    """The text of the body; a table's cells are apart by tabs.

    Raises:
        AttachmentDamaged: it cannot be unpacked, or its XML is broken or hostile.
        AttachmentTooLarge: it unpacks to more than `MAX_XML_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(_BODY).file_size
            if size > MAX_XML_BYTES:
                raise AttachmentTooLarge(file=path.name, size=format_bytes(size), limit=format_bytes(MAX_XML_BYTES))
            with archive.open(_BODY) as stream:
                return _text(stream, path.name)
    except (*ZIP_FAULTS, KeyError, OSError) as error:
        raise AttachmentDamaged(str(error), file=path.name, reason="it is not a whole document") from None


def _text(stream: IO[bytes], name: str) -> str:
    from defusedxml.common import DefusedXmlException

    try:
        return "\n".join(_lines(stream)).strip()
    except DefusedXmlException as error:
        raise AttachmentDamaged(str(error), file=name, reason="its XML declares entities") from None
    except (ParseError, LookupError, ValueError) as error:  # the latter two where its encoding is none of text
        raise AttachmentDamaged(str(error), file=name, reason="its XML is broken") from None


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """A line for each paragraph outside of tables, and for each row of a table.

    What stands there once more for programs that do not know some element is passed over.
    """
    from defusedxml.ElementTree import iterparse

    line: list[str] = []
    depth = fallbacks = 0
    for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
        name = _local(element)
        if element.tag == _FALLBACK:
            fallbacks += 1 if event == "start" else -1
        if fallbacks:
            if event == "end":
                element.clear()
            continue
        if event == "start":
            depth += name == "tbl"
            if name == "txbxContent":
                line.append("\n")
            continue
        line.append(_said(name, element))
        depth -= name == "tbl"
        if (name == "p" and not depth) or (name == "tr" and depth == 1):
            yield "".join(line).rstrip()
            line = []
        elif name == "tc":
            line.append("\t")
        elif name == "p":
            line.append(" ")
        element.clear()


def _said(name: str, element: Element) -> str:
    match name:
        case "t":
            return element.text or ""
        case "tab":
            return "\t"
        case "br" | "cr":
            return "\n"
        case _:
            return ""


def _local(element: Element) -> str:
    for space in (_WORD, _STRICT):
        if element.tag.startswith(space):
            return element.tag[len(space) :]
    return ""
