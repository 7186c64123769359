"""Where a build looks for newer versions of Parley, and whose signature it trusts: `resources/updates.json`.

Told by `dev.py package --updates ADDRESS --key FILE`, or by PARLEY_UPDATES and PARLEY_UPDATES_KEY, the address and the
text of the minisign key. A build that is told nothing never looks, and has no setting for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from failures import SetupError

ADDRESS, KEY = "PARLEY_UPDATES", "PARLEY_UPDATES_KEY"


def told(address: str | None, key: Path | None) -> dict[str, str]:
    """What was said on the command line, as the environment that says the same.

    Raises:
        SetupError: the key's file cannot be read.
    """
    try:
        return ({ADDRESS: address} if address else {}) | ({KEY: key.read_text(encoding="utf-8")} if key else {})
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The key {key} cannot be read: {error}.") from None


def update_file(environment: Mapping[str, str]) -> str:
    """The content of the bundle's file; nothing where nothing was told.

    Raises:
        SetupError: only one of both was told, the address is not encrypted, or the key is none.
    """
    address, key = (environment.get(name, "").strip() for name in (ADDRESS, KEY))
    if not address and not key:
        return ""
    if not address or not key:
        raise SetupError(f"{ADDRESS} and {KEY} are given together or not at all.")
    if urlsplit(address).scheme != "https" or not urlsplit(address).hostname:
        raise SetupError(f"{ADDRESS} must be an address that begins with https://, not {address!r}.")
    return json.dumps({"address": address, "key": _checked(key)}, indent=2) + "\n"


def _checked(key: str) -> str:
    """The key's last line, which is the key itself; a file of minisign's has a remark above it."""
    import minisign  # the environment has it, a bare Python does not

    line = key.splitlines()[-1].strip()
    try:
        minisign.PublicKey.from_base64(line)
    except minisign.Error as error:
        raise SetupError(f"{KEY} is no public key of minisign: {error}.") from None
    return line
