"""Where other programs keep their models, so that those can be used without a copy.

Reads only; may touch a slow disk, so never on the window's thread.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from app.core.catalog.library import Owner

_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Place:
    """A folder to look into."""

    folder: Path
    owner: Owner


@dataclass(frozen=True)
class Candidate:
    """A file that may be a model; `name` is its owner's name for it, `repo` where it came from."""

    path: Path
    owner: Owner
    name: str = ""
    sha256: str = ""
    repo: str = ""


def places(environment: Mapping[str, str], home: Path) -> list[Place]:
    """The folders of other programs, as their settings and this system have them; some may not exist."""
    cache = _path(environment, "XDG_CACHE_HOME") or home / ".cache"
    local = _path(environment, "LOCALAPPDATA") or home / "AppData" / "Local"
    hub = _path(environment, "HF_HUB_CACHE") or (_path(environment, "HF_HOME") or cache / "huggingface") / "hub"
    studio = _lm_studio_home(home)
    data = _path(environment, "XDG_DATA_HOME") or home / ".local" / "share"
    if sys.platform == "darwin":
        gpt4all, llama = home / "Library/Application Support/nomic.ai/GPT4All", home / "Library/Caches/llama.cpp"
    elif sys.platform == "win32":
        gpt4all, llama = local / "nomic.ai" / "GPT4All", local / "llama.cpp"
    else:
        gpt4all, llama = data / "nomic.ai" / "GPT4All", cache / "llama.cpp"
    return [
        Place(hub, Owner.HUGGING_FACE),
        Place(studio / "models", Owner.LM_STUDIO),
        Place(cache / "lm-studio" / "models", Owner.LM_STUDIO),
        Place(_path(environment, "OLLAMA_MODELS") or home / ".ollama" / "models", Owner.OLLAMA),
        Place(Path("/usr/share/ollama/.ollama/models"), Owner.OLLAMA),
        Place(gpt4all, Owner.GPT4ALL),
        Place(_path(environment, "LLAMA_CACHE") or llama, Owner.LLAMA_CPP),
    ]


def candidates(place: Place) -> Iterator[Candidate]:
    """The files of a folder that may be models, in the way its owner lays them out."""
    if place.owner is Owner.OLLAMA:
        yield from _ollama(place.folder)
    elif place.owner is Owner.HUGGING_FACE:
        yield from _hugging_face(place.folder)
    else:
        for path in files_below(place.folder):
            yield Candidate(path, place.owner)


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order; what cannot be read is passed over, hidden folders too."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir():
                if not entry.name.startswith(".") and not entry.is_symlink():
                    yield from files_below(entry)
            elif entry.is_file():
                yield entry
        except OSError:
            continue


def _hugging_face(folder: Path) -> Iterator[Candidate]:
    """`models--owner--name/snapshots/<commit>/…`, links to blobs that are named by their sha256."""
    for repo in sorted(folder.glob("models--*")):
        name = repo.name.removeprefix("models--").replace("--", "/", 1)
        for path in files_below(repo / "snapshots"):
            blob = path.resolve().name
            yield Candidate(path, Owner.HUGGING_FACE, sha256=blob if _SHA256.fullmatch(blob) else "", repo=name)


def _ollama(folder: Path) -> Iterator[Candidate]:
    """A manifest for each model and tag; its layer of the model type names a blob by its sha256."""
    for manifest in files_below(folder / "manifests"):
        try:
            layers = msgspec.json.decode(manifest.read_bytes(), type=dict[str, Any]).get("layers", [])
            digests = [layer["digest"] for layer in layers if layer.get("mediaType") == _OLLAMA_MODEL]
        except (OSError, ValueError, RecursionError, AttributeError, KeyError, TypeError):
            continue
        parts = manifest.relative_to(folder / "manifests").parts
        name = f"{'/'.join(parts[1:-1]).removeprefix('library/')}:{parts[-1]}"
        for digest in digests:
            sha256 = str(digest).removeprefix("sha256:")
            if _SHA256.fullmatch(sha256):
                yield Candidate(folder / "blobs" / f"sha256-{sha256}", Owner.OLLAMA, name, sha256)


def _lm_studio_home(home: Path) -> Path:
    try:
        told = (home / ".lmstudio-home-pointer").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        told = ""
    return Path(told) if told else home / ".lmstudio"


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value).expanduser() if value else None
