"""The frames of the children that export and import, make PDF pages, and read attachments."""

from __future__ import annotations

import msgspec

from app.core.chat import attachment_errors as attachment_errors  # so that every process can say them
from app.core.chat.attachments import Attachment
from app.core.data import exchange_errors as exchange_errors
from app.core.data.exchange import ExportFormat, ExportReport, ImportReport


class _Frame(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, kw_only=True):
    id: int


class ExportConversations(_Frame, frozen=True, tag="export"):
    """Write conversations into `target`; none means all. `Exported` follows, or `Failed` with this id.

    A target that ends in `.zip` or names a folder gets a file for each.
    """

    target: str
    format: ExportFormat
    conversations: tuple[int, ...] = ()
    overwrite: bool = False


class ImportConversations(_Frame, frozen=True, tag="import"):
    """Read files and folders of any known format. `Imported` follows, or `Failed` with this id."""

    paths: tuple[str, ...]


class PrintPages(_Frame, frozen=True, tag="print-pages"):
    """Make a PDF of the HTML file `source`, in the subset that Qt's rich text knows. `PagesPrinted` follows.

    Its images name files beside it, each a formula as `Drawn`.
    """

    source: str
    target: str
    title: str


class ExtractText(_Frame, frozen=True, tag="extract-text"):
    """Read the text of a file. `TextExtracted` follows, or `Failed` with this id."""

    path: str


class ExchangeProgress(_Frame, frozen=True, tag="exchange-progress"):
    """Conversations written or read so far; `total` is 0 where nobody knows it yet."""

    done: int
    total: int = 0


class Exported(_Frame, frozen=True, tag="exported"):
    """All is written."""

    report: ExportReport


class Imported(_Frame, frozen=True, tag="imported"):
    """All is read."""

    report: ImportReport


class PagesPrinted(_Frame, frozen=True, tag="pages-printed"):
    """The PDF is written."""

    pages: int


class TextExtracted(_Frame, frozen=True, tag="text-extracted"):
    """What a file says."""

    attachment: Attachment


ExchangeCommand = ExportConversations | ImportConversations | PrintPages | ExtractText
ExchangeEvent = ExchangeProgress | Exported | Imported | PagesPrinted | TextExtracted
