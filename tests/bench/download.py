"""One download by one client, timed: `python -m tests.bench.download serve|parley|hub ...` prints JSON.

A process of its own for each, so that CPU seconds are that client's and nothing is warm but the disk cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path

REPO = "acme/large-GGUF"
FILE = "large.gguf"


def serve(root: Path, size: int) -> None:
    """Serve one file of zeros until the input closes; its address, commit and sha256 come first."""
    from tests.hub.hubserver import HubServer

    digest = hashlib.sha256()
    for start in range(0, size, 1 << 20):
        digest.update(bytes(min(1 << 20, size - start)))
    folder = root / REPO
    folder.mkdir(parents=True)
    files = {"main": {FILE: {"size": size, "sha256": digest.hexdigest()}}}
    (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")
    with HubServer(root) as server:
        found = server.catalog.commit(REPO, "main")
        assert found is not None
        print(json.dumps({"url": server.url, "commit": found[0], "sha256": digest.hexdigest()}), flush=True)
        sys.stdin.read()
    print(json.dumps({"received": sum(server.received)}), flush=True)


def by_parley(url: str, commit: str, sha256: str, size: int, folder: Path) -> None:
    """As the download child does it, verified."""
    from app.catalog.fetch.download import Downloader
    from app.catalog.fetch.fetch import Terms
    from app.catalog.fetch.network import Network
    from app.catalog.fetch.puller import Limiter
    from app.core.catalog.downloads import Patience, Source
    from app.core.catalog.hub import RemoteFile

    source = Source(repo=REPO, commit=commit, files=(RemoteFile(FILE, size, sha256),))
    terms = Terms(Network(url, "", 30), Limiter(0), Patience(), threading.Event())
    begun = time.perf_counter()
    Downloader(source, folder, terms, lambda _: None).run()
    _report(begun)


def by_hub_client(url: str, folder: Path) -> None:
    """As the Hub's own client does it, which does not verify."""
    os.environ |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    from huggingface_hub import hf_hub_download

    begun = time.perf_counter()
    hf_hub_download(REPO, FILE, endpoint=url, local_dir=folder, token=False)
    _report(begun)


def _report(begun: float) -> None:
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime}))


def main() -> None:
    """Run what the first argument names."""
    match sys.argv[1:]:
        case ["serve", root, size]:
            serve(Path(root), int(size))
        case ["parley", url, commit, sha256, size, folder]:
            by_parley(url, commit, sha256, int(size), Path(folder))
        case ["hub", url, folder]:
            by_hub_client(url, Path(folder))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
