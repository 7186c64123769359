"""The user's chat templates with each backup: a file beside the database's copy, as templates are files beside it.

`daily-20261121-031200.templates.json` maps the name of each template to its source. There is none where there were no
templates, or where an older Parley made the backup: then those there are stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from app.core.data.data_errors import TemplateCopiesDamaged
from app.core.engine.templates import ENDING, MAX_SOURCE_CHARS, name_fault
from app.storage.files import size_of, write_whole

_MOST_BYTES = 4 * MAX_SOURCE_CHARS


def templates_beside(database: Path) -> Path:
    """The folder with the templates of whoever has this database."""
    return database.parent / "templates"


def copy_of_templates(backup: Path) -> Path:
    """Where the templates of a backup are, if it has any."""
    return backup.with_suffix(".templates.json")


def keep_templates(folder: Path, backup: Path) -> None:
    """Write what lies in a folder of templates beside a backup; what cannot be read is no template, and stays out.

    Raises:
        OSError: it cannot be written.
    """
    found = dict(_read(folder))
    if found:
        write_whole(copy_of_templates(backup), msgspec.json.encode(found))
    else:
        copy_of_templates(backup).unlink(missing_ok=True)


def kept_templates(backup: Path) -> dict[str, str]:
    """The sources of a backup's templates by their names.

    Raises:
        TemplateCopiesDamaged: they cannot be read.
    """
    path = copy_of_templates(backup)
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise TemplateCopiesDamaged(str(error), file=path.name) from error


def bring_back(templates: Mapping[str, str], folder: Path, *, replace: bool) -> None:
    """Write templates as files: those that are gone, with `replace` all of them. No other is touched.

    Raises:
        OSError: one cannot be written.
    """
    if templates:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, source in templates.items():
        path = folder / f"{name}{ENDING}"
        if name_fault(name) is None and (replace or not path.exists()):
            write_whole(path, source.encode())


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob(f"*{ENDING}")):
        with suppress(OSError, UnicodeDecodeError):
            if name_fault(path.stem) is None and size_of(path) <= _MOST_BYTES:
                yield path.stem, path.read_bytes().decode()
