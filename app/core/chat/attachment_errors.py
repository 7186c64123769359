"""Failures while the text of an attachment is read."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class AttachmentTooLarge(UserError):
    """A file is larger than what Parley reads, or holds more text; sizes are formatted."""

    text = "{file} is too large: {size}, where at most {limit} can be attached."
    advice = "Attach only the part that matters."


class AttachmentBinary(UserError):
    """A file is neither text nor a document that Parley reads."""

    text = "{file} is not a text file."
    advice = "Text, code, Markdown, CSV, PDF and DOCX can be attached; save it as one of these."


class AttachmentEncrypted(UserError):
    """A document asks for a password."""

    text = "{file} is protected by a password."
    advice = "Save a copy without the password and attach that."


class AttachmentWithoutText(UserError):
    """A document holds pictures alone, such as a scan."""

    text = "{file} holds no text; its pages may be scanned pictures."
    advice = "Run it through text recognition (OCR) first, and attach what comes out."


class AttachmentEmpty(UserError):
    """A file holds nothing."""

    text = "{file} is empty."
    advice = "Choose another file."


class AttachmentDamaged(WorldError):
    """A document is cut off or contradicts itself."""

    text = "{file} is damaged or incomplete: {reason}."
    advice = "Open it in the program it comes from and save it again."


class AttachmentTooCostly(UserError):
    """Reading a document took more time or memory than any honest document does."""

    text = "{file} was given up: reading it took too much {what}."
    advice = "Save it anew, or attach a part of it as text."
    words = ("time", "memory")


class SeveralNotAttached(WorldError):
    """More than one file of those that were added together cannot be read."""

    text = "These could not be attached: {files}."
    advice = "Attach one of them alone to see why."


class ExtractionLost(WorldError):
    """The child that reads attachments ended by itself."""

    text = "{file} could not be read: {reason}."
    advice = "Try again, or attach it as text."
