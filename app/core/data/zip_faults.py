"""What Python's zipfile raises for an archive that is damaged or hostile, for every reader of one."""

from __future__ import annotations

import lzma
import zipfile
import zlib

ZIP_FAULTS = (
    zipfile.BadZipFile,  # a table, a header or a checksum that is wrong
    zlib.error,  # what is packed is damaged; with bzip2 it is an `OSError`
    lzma.LZMAError,
    EOFError,  # it ends before it should
    RuntimeError,  # a password is wanted; as a `NotImplementedError`, the way it is packed is unknown
    ValueError,  # an offset before the beginning, or a name that is not in its encoding
)
"""Besides `OSError`, which the system's own refusals are too."""
