"""ICU's data without what Qt never asks for: half of the largest library in the bundle.

Qt compares texts, changes their case and names time zones with ICU. It brings names of languages, regions,
currencies and units itself, breaks text by rules of its own, and Python decodes old encodings. The data is one
archive inside `libicudata`; a library of the same name is made anew around the smaller archive, as ICU's own
“data customization” does.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

from failures import SetupError

UNUSED_TREES = ("brkitr", "curr", "lang", "rbnf", "region", "translit", "unit")
UNUSED_KINDS = (".cfu", ".cnv", ".spp")
KIND, KIND_OFFSET, ALIGNMENT = b"CmnD", 12, 16

ASSEMBLY = """\
    .section .rodata
    .balign 16
    .globl {symbol}
    .type {symbol}, @object
{symbol}:
    .incbin "{data}"
    .size {symbol}, . - {symbol}
    .section .note.GNU-stack,"",@progbits
"""


def shrink(library: Path, folder: Path) -> Path:
    """Make a smaller library of the same name in the folder.

    Raises:
        SetupError: the library is made otherwise than ICU's usually are, or there is no compiler.
    """
    number = re.fullmatch(r"libicudata\.so\.(\d+)", library.name)
    if number is None:
        raise SetupError(f"{library.name} is no library of ICU's data.")
    header, items = read_archive(library.read_bytes())
    data, code, result = folder / "icu.dat", folder / "icu.s", folder / library.name
    data.write_bytes(archive(header, {name: item for name, item in items.items() if is_used(name)}))
    code.write_text(ASSEMBLY.format(symbol=f"icudt{number[1]}_dat", data=data), encoding="utf-8")
    command = ["cc", "-shared", "-nostdlib", "-s", f"-Wl,-soname,{library.name}", "-o", str(result), str(code)]
    if subprocess.run(command, check=False).returncode:
        raise SetupError("ICU's data could not be made into a library; see above.")
    return result


def is_used(name: str) -> bool:
    """Whether Qt may ask for an item, by its name in the archive."""
    tree = name.split("/")[1] if name.count("/") > 1 else ""
    return tree not in UNUSED_TREES and not name.endswith(UNUSED_KINDS)


def read_archive(content: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The archive's header, and its items by their names; ICU's “common data” format.

    Raises:
        SetupError: there is no such archive in it.
    """
    start = content.find(KIND) - KIND_OFFSET
    if start < 0:
        raise SetupError("There is no archive of ICU's data in the library.")
    (size,) = struct.unpack_from("<H", content, start)
    table = start + size
    (count,) = struct.unpack_from("<I", content, table)
    entries = [struct.unpack_from("<II", content, table + 4 + 8 * index) for index in range(count)]
    names = [content[table + at : content.index(b"\0", table + at)].decode() for at, _ in entries]
    begins = [table + at for _, at in entries]
    ends = [*begins[1:], len(content)]
    return content[start:table], {
        name: content[begin:end] for name, begin, end in zip(names, begins, ends, strict=True)
    }


def archive(header: bytes, items: Mapping[str, bytes]) -> bytes:
    """The items behind a table of contents, which is sorted by name."""
    names = sorted(items)
    texts = b"".join(name.encode() + b"\0" for name in names)
    first = _aligned(4 + 8 * len(names) + len(texts))
    table, body = struct.pack("<I", len(names)), bytearray()
    name_at = 4 + 8 * len(names)
    for name in names:
        table += struct.pack("<II", name_at, first + len(body))
        body += items[name].ljust(_aligned(len(items[name])), b"\0")
        name_at += len(name.encode()) + 1
    return header + (table + texts).ljust(first, b"\0") + bytes(body)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
