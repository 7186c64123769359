"""The single file: a shell script before the packed bundle, for those who cannot or will not install.

It unpacks itself once into the user's cache, under the name of its content, and starts from there.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from failures import SetupError

HEADER = """\
#!/bin/sh
# Parley @VERSION@. Unpacks itself once, then starts; --remove takes away what was unpacked.
set -e
cache="${XDG_CACHE_HOME:-$HOME/.cache}/parley/program"
folder="$cache/@DIGEST@"
if [ "$1" = --remove ]; then rm -rf "$cache"; exit; fi
if [ ! -d "$folder" ]; then
    mkdir -p "$cache"
    scratch="$(mktemp -d "$cache/unpacking.XXXXXX")"
    trap 'rm -rf "$scratch"' EXIT
    tail -c +@OFFSET@ "$0" | tar -xJ -C "$scratch" || {
        echo "Parley could not be unpacked into $cache: it takes @MEGABYTES@ MB, and tar and xz." >&2; exit 1; }
    mv -T "$scratch" "$folder" 2>/dev/null || [ -d "$folder" ]
    for old in "$cache"/*; do
        [ "$old" = "$folder" ] || ls -l /proc/[0-9]*/exe 2>/dev/null | grep -qF " $old/" || rm -rf "$old"
    done
fi
exec "$folder/parley/parley" "$@"
"""


def build_single_file(bundle: Path, version: str, target: Path) -> Path:
    """Write the file beside the other packages.

    Raises:
        SetupError: tar or xz failed.
    """
    result = target / f"Parley-{version}-{subprocess.check_output(['uname', '-m'], text=True).strip()}.run"
    with tempfile.TemporaryDirectory(dir=target) as folder:
        packed = Path(folder) / "parley.tar.xz"
        _pack(bundle, packed)
        size = sum(path.lstat().st_size for path in bundle.rglob("*") if path.is_file() and not path.is_symlink())
        with packed.open("rb") as content, result.open("wb") as single:
            digest = hashlib.file_digest(content, "sha256").hexdigest()[:16]
            content.seek(0)
            single.write(header(version, digest, size))
            shutil.copyfileobj(content, single)
    result.chmod(0o755)
    return result


def header(version: str, digest: str, size: int) -> bytes:
    """The script; it names the place where the packed bytes begin, which is its own length and one."""
    text = HEADER.replace("@VERSION@", version).replace("@DIGEST@", digest)
    text = text.replace("@MEGABYTES@", str(-(-size // 1_000_000)))
    length = len(text.replace("@OFFSET@", "00000").encode())
    return text.replace("@OFFSET@", f"{length + 1:05}").encode()


def _pack(bundle: Path, packed: Path) -> None:
    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    archive = packed.with_suffix("")
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(bundle, "parley", filter=plain)
    if subprocess.run(["xz", "-9", "--extreme", str(archive)], check=False).returncode:
        raise SetupError("xz could not pack the bundle; see above.")
