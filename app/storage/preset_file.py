"""Presets as a file to read, to edit by hand and to share: TOML, one `[[preset]]` after the other.

    format = "parley-presets"
    version = 1

    [[preset]]
    name = "Translate"                # unique; the only field that must be there
    description = "What it is for."
    system = "Translate into {{language}}."
    template = "chatml"               # a chat template in place of the model's own
    reasoning = "off"                 # "on", "off" or "auto"
    context_limit = 8192              # tokens of the conversation that the model is given at most

    [preset.sampling]                 # llama.cpp's names; what is left out has its default
    temperature = 0.3
    stop = ["###"]

The built-in presets are such files in `resources/presets`. No state; for any thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from app.core.chat.presets import Preset, PresetFileInvalid
from app.core.file_errors import FileUnreadable
from app.core.paths import resources
from app.core.program.setting_errors import InvalidOption
from app.storage.files import export_text

FORMAT = "parley-presets"
VERSION = 1
MAX_BYTES = 4_000_000


def read_presets(path: Path) -> list[Preset]:
    """The presets of a file.

    Raises:
        FileUnreadable: the system does not let it be read.
        PresetFileInvalid: it is something else, of a later version, or a value in it is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileUnreadable(str(error), file=path.name, reason=(error.strerror or str(error)).lower()) from error
    if len(content) > MAX_BYTES:
        raise PresetFileInvalid(file=path.name, reason="it is too large")
    try:
        return parse_presets(content.decode("utf-8"))
    except (InvalidOption, ValueError, RecursionError) as error:
        reason = error.sentence if isinstance(error, InvalidOption) else str(error) or type(error).__name__
        raise PresetFileInvalid(str(error), file=path.name, reason=reason.rstrip(".")) from error


def parse_presets(text: str) -> list[Preset]:
    """The presets of a file's text.

    Raises:
        InvalidOption: a value is of the wrong type or out of its range.
        ValueError: it is no TOML, or not of this format.
    """
    import tomllib  # the window reads presets when its conversations are listed

    document = tomllib.loads(text)
    if document.get("format") != FORMAT:
        raise ValueError(f'it does not say format = "{FORMAT}"')
    if document.get("version") != VERSION:
        raise ValueError(f"it is of version {document.get('version')!r}, this Parley reads version {VERSION}")
    entries = document.get("preset", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("preset is not a list of tables")
    return [Preset.checked(entry) for entry in entries]


def format_presets(presets: Iterable[Preset]) -> str:
    """The text of a file with these presets."""
    import tomli_w

    parts = [tomli_w.dumps({"format": FORMAT, "version": VERSION})]
    for preset in presets:
        fields = {name: value for name, value in msgspec.to_builtins(preset, str_keys=True).items() if value != {}}
        # As a table, and then with the head of a list's: a list would be written in one line where it is short.
        table = tomli_w.dumps({"preset": fields}, multiline_strings=True)
        parts.append(table.replace("[preset]", "[[preset]]", 1))
    return "\n".join(parts)


def write_presets(path: Path, presets: Iterable[Preset]) -> None:
    """Write a file, whole or not at all.

    Raises:
        ExportFailed: it cannot be written.
    """
    export_text(path, format_presets(presets))


def builtin_presets() -> dict[str, Preset]:
    """Those that ship with Parley, by key, in their order."""
    files = sorted((resources() / "presets").glob("*.toml"))
    return {file.stem.partition("-")[2]: read_presets(file)[0] for file in files}
