"""What is to be made of a checkpoint that comes from the Hub; pure, so that any process may ask."""

from __future__ import annotations

from pathlib import Path

from app.catalog.fetch.layout import target_of
from app.core.catalog.downloads import Source
from app.core.checkpoints.preparing import Wishes
from app.core.checkpoints.repack import Provenance, StartRepack


def preparation_of(source: Source, wishes: Wishes, folder: Path, into: Path | None = None) -> StartRepack:
    """The repack of files that are, or will be, below a folder; the result goes there too, unless `into` another."""
    return StartRepack(
        folder=str(target_of(folder, source.files[0].path).parent),
        into=str(into or folder),
        name=folder.name,
        choice=wishes.choice,
        prompt_template=wishes.prompt_template,
        provenance=Provenance(
            repo=source.repo,
            branch=source.branch,
            commit=source.commit,
            sha256={Path(file.path).name: file.sha256 for file in source.files if file.sha256},
        ),
    )
