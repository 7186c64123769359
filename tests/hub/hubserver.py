"""A local stand-in for the Hugging Face Hub, for tests on loopback.

It serves a folder of model repos (``ROOT/<owner>/<name>/<branch>/files...``) over the part of the
Hub's HTTP interface that ``huggingface_hub`` uses to search, inspect and download models, redirects
large files to a second listener (the "CDN") under signed, expiring URLs, and misbehaves on demand
(see ``Fault``). README.md has the folder layout, examples and the known differences.

    with HubServer(root, tokens={"hf_member": ["acme/gated"]}) as hub:
        HfApi(endpoint=hub.url).list_models(search="llama")
"""

import argparse
import base64
import gzip
import hashlib
import hmac
import json
import os
import re
import secrets
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

CHUNK = 256 * 1024
TRUE_HASH_LIMIT = 256 * 1024 * 1024  # a larger declared file gets a made-up sha256
LFS_SIZE, LFS_TYPES = 10_000_000, (".gguf", ".safetensors", ".bin", ".pt", ".onnx", ".model")
TEXT_TYPES = (".json", ".md", ".txt", ".jinja", ".py")
GGUF_APPS = ("llama.cpp", "lmstudio", "jan", "ollama")
BODY_FAULTS = ("drop", "stall", "throttle", "corrupt", "length")
BYTES_ACKED = 120  # where tcp_info of Linux has tcpi_bytes_acked
DATE, DATE_FORMAT = "2024-01-01T00:00:00.000Z", "%Y-%m-%dT%H:%M:%S.000Z"
CARD_FIELDS = {"license", "base_model", "tags", "pipeline_tag", "library_name", "language"}
FULL_FIELDS = {"author", "gated", "disabled", "sha", "lastModified", "siblings"}
LIST_FIELDS = {"id", "modelId", "likes", "trendingScore", "private", "downloads", "tags"}
LIST_FIELDS |= {"pipeline_tag", "library_name", "createdAt"}
INFO_FIELDS = (LIST_FIELDS | FULL_FIELDS) - {"trendingScore"}
INFO_FIELDS |= {"cardData", "config", "gguf", "safetensors", "spaces", "usedStorage"}

REPO, REV, PATH = "(?P<repo>[^/]+/[^/]+)", "/(?P<rev>[^/]+)", "/(?P<path>.+)"
ROUTES = {  # the method of _Handler that answers each request
    "GET /api/models": "models",
    f"GET /api/models/{REPO}(?:/revision{REV})?": "info",
    f"GET /api/models/{REPO}/tree{REV}(?:{PATH})?": "tree",
    f"POST /api/models/{REPO}/paths-info{REV}": "paths",
    f"GET /api/models/{REPO}/refs": "refs",
    f"GET /api/models/{REPO}/auth-check": "auth",
    f"GET /api/resolve-cache/models/{REPO}{REV}{PATH}": "cached",
    f"GET /{REPO}/resolve{REV}{PATH}": "resolve",
    f"GET /{REPO}/raw{REV}{PATH}": "raw",
    "GET /api/whoami-v2": "whoami",
}

Commit = tuple[str, dict[str, "Entry"]]  # the 40-hex id and the files by path


@dataclass
class Fault:
    """One misbehaviour, for requests whose "METHOD /path?query" (unquoted) matches a regex.

    The query of a CDN URL names the file. Drop, stall, throttle, corrupt and length hit only 200
    and 206 answers; size is matched with "META owner/name/path" instead.
    """

    kind: str  # status, drop, stall, throttle, corrupt, length, change or size
    match: str = ""
    times: int = 1  # how many matching requests it hits; -1 for all
    skip: int = 0  # how many of them it lets through first
    status: int = 503  # status: the answer, with these headers
    headers: dict[str, str] = field(default_factory=dict)
    after: int = 0  # drop, stall: body bytes to send first; a stall at -1 delays the headers
    seconds: float = 0.0  # stall: how long
    reset: bool = False  # drop: with a TCP reset
    rate: int = 0  # throttle: bytes per second
    offset: int = -1  # corrupt: position in the file of the byte to flip
    delta: int = 0  # length: what to add to Content-Length
    size: int = 0  # size: what listings and X-Linked-Size say
    hits: int = 0  # how many requests it has hit


class Faults(list[Fault]):
    """The faults in force, in order."""

    _lock = threading.Lock()

    def add(self, kind: str, match: str = "", **options: Any) -> Fault:
        """Put a fault in force and return it."""
        if kind not in (*BODY_FAULTS, "status", "change", "size"):
            raise ValueError(f"unknown kind of fault: {kind}")
        self.append(Fault(kind, match, **options))
        return self[-1]

    def take(self, target: str, *kinds: str) -> list[Fault]:
        """The faults of these kinds that hit this request; uses up one of each one's times."""
        taken = []
        with self._lock:
            for fault in [f for f in self if f.kind in kinds and re.search(f.match, target)]:
                if fault.skip > 0:
                    fault.skip -= 1
                elif fault.times != 0:
                    fault.times -= fault.times > 0
                    fault.hits += 1
                    taken.append(fault)
        return taken


@dataclass(frozen=True)
class Entry:
    """A file of a commit: the bytes of its source (if any), then zeros up to its size."""

    path: str
    size: int
    source: Path | None
    stamp: int  # time of the source's last change, ns
    etag: str = ""  # the sha256 of an LFS file, the git blob id of another
    oid: str = ""  # the git blob id
    pointer: bytes = b""  # what git holds for an LFS file

    @property
    def xet(self) -> str:
        """The storage hash in CDN URLs and CDN ETags: 64 hex digits, yet not the sha256."""
        return hashlib.sha256(b"xet" + self.pointer).hexdigest()

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes [start, stop) in chunks."""
        if self.source:
            with self.source.open("rb") as file:
                file.seek(start)
                while start < stop and (chunk := file.read(min(CHUNK, stop - start))):
                    yield chunk
                    start += len(chunk)
        for position in range(start, stop, CHUNK):
            yield bytes(min(CHUNK, stop - position))

    def json(self, size: int, tree: bool) -> dict[str, Any]:
        """The file as an item of a tree, or as a sibling of a model."""
        path, oid, sha = ("path", "oid", "oid") if tree else ("rfilename", "blobId", "sha256")
        lfs = {sha: self.etag, "size": size, "pointerSize": len(self.pointer)}
        out = {path: self.path, oid: self.oid, "size": size} | ({"type": "file"} if tree else {})
        return out | ({"lfs": lfs} if self.pointer else {})


@cache
def _identified(entry: Entry, lfs: bool, sha256: str = "") -> Entry:
    """The entry with its hashes, computed once for each state of the file."""
    sha, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % entry.size)
    stop = entry.source.stat().st_size if entry.source else 0
    if entry.size > max(stop, TRUE_HASH_LIMIT):
        sha.update(b"%d bytes, which begin with " % entry.size)
    else:
        stop = entry.size
    for chunk in entry.read(0, stop):
        sha.update(chunk)
        blob.update(chunk)
    if not lfs:
        return replace(entry, etag=blob.hexdigest(), oid=blob.hexdigest())
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
    pointer = text.format(sha256 or sha.hexdigest(), entry.size).encode()
    oid = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()
    return replace(entry, etag=sha256 or sha.hexdigest(), oid=oid, pointer=pointer)


def _load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


@dataclass
class Catalog:
    """The repos under a folder, read afresh for each request."""

    root: Path

    def ids(self) -> list[str]:
        """Every owner/name."""
        found = (p for p in self.root.glob("[!._]*/[!._]*") if p.is_dir())
        return sorted(p.relative_to(self.root).as_posix() for p in found)

    def meta(self, repo: str) -> dict[str, Any]:
        """The repo's repo.json."""
        return _load(self.root / repo / "repo.json")

    def branches(self, repo: str) -> dict[str, str]:
        """Branch to folder name (percent-encoded where the branch has a slash)."""
        folders = {p.name for p in (self.root / repo).glob("[!._]*") if p.is_dir()}
        folders |= _load(self.root / repo / "files.json").keys()
        return {unquote(folder): folder for folder in sorted(folders)}

    def commit(self, repo: str, revision: str) -> Commit | None:
        """The commit of a branch, or of a branch that is at this commit now."""
        branches = self.branches(repo)
        if revision in branches:
            return self._commit(repo, branches[revision])
        commits = (self._commit(repo, folder) for folder in branches.values())
        return next((commit for commit in commits if commit[0] == revision), None)

    def _commit(self, repo: str, folder: str) -> Commit:
        files, home = {}, self.root / repo
        for source in sorted(p for p in (home / folder).rglob("*") if p.is_file()):
            stat, path = source.stat(), source.relative_to(home / folder).as_posix()
            lfs = path.endswith(LFS_TYPES) or stat.st_size >= LFS_SIZE
            files[path] = _identified(Entry(path, stat.st_size, source, stat.st_mtime_ns), lfs)
        for path, spec in _load(home / "files.json").get(folder, {}).items():
            head = home / spec["header"] if "header" in spec else None
            entry = Entry(path, spec["size"], head, head.stat().st_mtime_ns if head else 0)
            files[path] = _identified(entry, True, spec.get("sha256", ""))
        listing = [f"{path} {entry.oid}" for path, entry in files.items()]
        return hashlib.sha1("\n".join([repo, *listing]).encode()).hexdigest(), files

    def describe(self, repo: str, sha: str, files: Mapping[str, Entry]) -> dict[str, Any]:
        """Every API field of a repo: repo.json over what the files tell."""
        meta, stamp = self.meta(repo), max((e.stamp for e in files.values()), default=0) // 10**9
        base, relation = meta.get("base_model", []), meta.get("base_model_relation", "quantized")
        bases = [name for name in ([base] if isinstance(base, str) else base) if name]
        tags = [*meta.get("tags", []), "region:us"]
        tags += sorted({Path(path).suffix[1:] for path in files} & {"gguf", "safetensors"})
        tags += [f"base_model:{kind}{b}" for b in bases for kind in ("", f"{relation}:")]
        tags += [f"license:{meta['license']}"] if "license" in meta else []
        told: dict[str, Any] = dict.fromkeys(("downloads", "likes", "trendingScore"), 0)
        told |= dict.fromkeys(("private", "gated", "disabled"), False)
        told |= {"author": repo.split("/")[0], "createdAt": DATE, "config": {}, "spaces": []}
        told["lastModified"] = datetime.fromtimestamp(stamp, UTC).strftime(DATE_FORMAT)
        told["baseModels"] = {"relation": relation, "models": [{"id": base} for base in bases]}
        told["usedStorage"] = sum(entry.size for entry in files.values())
        told["apps"] = GGUF_APPS if "gguf" in tags else ()
        told |= meta | {"id": repo, "modelId": repo, "sha": sha, "tags": tags}
        told["cardData"] = {key: meta[key] for key in CARD_FIELDS & meta.keys()}
        told["cardData"] |= meta.get("cardData", {})
        return told | {"siblings": [{"rfilename": path} for path in files]}


class Problem(Exception):
    """An error answer in the Hub's form: a JSON body, X-Error-Message, X-Error-Code."""

    def __init__(self, status: int, message: str, code: str = "", **headers: str) -> None:
        super().__init__(message)
        shown = message.encode("ascii", "replace").decode().replace("\n", " ")
        self.status, self.headers = status, {"X-Error-Message": shown, **headers}
        self.headers |= {"X-Error-Code": code} if code else {}


class _Dropped(ConnectionError):
    """Close the connection here, with a TCP reset if the argument is true."""


def _received(connection: socket.socket) -> int:
    """The bytes of a connection that have reached the client's system, headers included; 0 where it cannot be told."""
    if not hasattr(socket, "TCP_INFO"):
        return 0
    try:
        facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    except OSError:
        return 0
    return int(struct.unpack_from("Q", facts, BYTES_ACKED)[0]) if len(facts) >= BYTES_ACKED + 8 else 0


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, on either listener."""

    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def __init__(self, hub: "HubServer", cdn: bool, *connection: Any) -> None:
        self.hub, self.cdn = hub, cdn
        super().__init__(*connection)

    def handle(self) -> None:
        self.hub.connections.add(self.connection)
        try:
            with suppress(ConnectionError):
                super().handle()
        finally:
            self.hub.connections.discard(self.connection)
        if self.cdn:
            self.hub.received.append(_received(self.connection))

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.query = {key.removesuffix("[]"): values for key, values in query.items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.target = f"{self.command} {unquote(self.path)}"
        self.record: dict[str, Any] = {"request": self.target, "status": 0, "sent": 0}
        self.record["range"] = self.headers.get("Range")
        self.record["authorized"] = "Authorization" in self.headers
        try:
            self._wait(0)
            if path.startswith("/_control/"):
                return self._control(path)
            self.hub.log.append(self.record)
            for fault in self.hub.faults.take(self.target, "status"):
                raise Problem(fault.status, "Injected fault", **fault.headers)
            self._content_of(path) if self.cdn else self._route(path)
        except Problem as problem:
            self._json({"error": str(problem)}, problem.status, problem.headers)
        except _Dropped as dropped:
            self.close_connection = True
            if dropped.args == (True,):
                linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.rfile.close()
                self.connection.close()
        except (KeyError, TypeError, ValueError) as error:
            self._json({"error": f"Bad request: {error}"}, 400)

    do_GET = do_HEAD = do_POST = do_DELETE = _answer

    def _route(self, path: str) -> None:
        for route, name in ROUTES.items():
            if found := re.fullmatch(route, f"{self.command.replace('HEAD', 'GET')} {path}"):
                groups = {key: unquote(value) for key, value in found.groupdict().items() if value}
                getattr(self, f"_{name}")(**groups)
                return
        raise Problem(404, "Sorry, we can't find the page you are looking for.")

    def _json(self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        body, kind = json.dumps(data).encode(), {"Content-Type": "application/json"}
        self._send(status, kind | dict(headers or {}), [body], len(body))

    def _send(self, code: int, headers: dict[str, str], body: Iterable[bytes], length: int, start: int = 0) -> None:
        """Write one answer; start is the body's position in its file, length -1 means chunked."""
        faults = self.hub.faults.take(self.target, *BODY_FAULTS) if code in (200, 206) else []
        self._wait(sum(fault.seconds for fault in faults if fault.after < 0))
        delta = sum(fault.delta for fault in faults)
        self.close_connection |= delta != 0
        plain = {"Content-Length": str(length + delta)}
        headers |= {"Transfer-Encoding": "chunked"} if length < 0 else plain
        self.record["status"] = code
        self.send_response(code, HTTPStatus(code).phrase)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD" or code == 304:
            return
        for piece in self._pieces(body, faults, start):
            piece = piece[: length + delta - self.record["sent"]] if delta < 0 else piece
            self.record["sent"] += len(piece)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if length < 0 else piece)
        self.wfile.write(b"0\r\n\r\n" if length < 0 else b"")

    def _pieces(self, body: Iterable[bytes], faults: list[Fault], start: int) -> Iterator[bytes]:
        """The body as the faults leave it: cut into pieces, spoiled, slowed, stopped."""
        sent, rate = 0, max((fault.rate for fault in faults), default=0)
        stops = [fault for fault in faults if fault.kind in ("drop", "stall")]
        for chunk in body:
            while chunk:
                for fault in (fault for fault in stops if fault.after == sent):
                    self._wait(fault.seconds)
                    if fault.kind == "drop":
                        raise _Dropped(fault.reset)
                ends = [fault.after - sent for fault in stops if fault.after > sent]
                size = min([max(1, rate // 20) if rate else CHUNK, *ends])
                piece, chunk = bytearray(chunk[:size]), chunk[size:]
                for at in (fault.offset - start - sent for fault in faults if fault.offset >= 0):
                    if 0 <= at < len(piece):
                        piece[at] ^= 0xFF
                yield bytes(piece)
                sent += len(piece)
                self._wait(len(piece) / rate if rate else 0)

    def _wait(self, seconds: float) -> None:
        if self.hub.stopping.wait(seconds):
            raise _Dropped

    def _grants(self) -> set[str] | None:
        """What the request's token gives access to; None for a request without a token."""
        header = self.headers.get("Authorization")
        token = (header or "").removeprefix("Bearer ").strip()
        if header is not None and token not in self.hub.tokens:
            raise Problem(401, "Invalid credentials in Authorization header")
        return None if header is None else set(self.hub.tokens[token])

    def _access(self, repo: str, rev: str = "main", content: bool = False) -> Commit:
        """The commit, or the Hub's answer for a repo or revision that this request may not have."""
        grants, meta = self._grants(), self.hub.catalog.meta(repo)
        granted = not {"*", repo, repo.split("/")[0]}.isdisjoint(grants or ())
        if repo not in self.hub.catalog.ids() or (meta.get("private") and not granted):
            if grants is None:
                raise Problem(401, "Invalid username or password.", "RepoNotFound")
            raise Problem(404, "Repository not found", "RepoNotFound")
        if content and meta.get("gated") and not granted:
            why = f"Access to model {repo} is restricted"
            if grants is None:
                why += ". You must have access to it and be authenticated to access it."
                raise Problem(401, f"{why} Please log in.", "GatedRepo")
            why += " and you are not in the authorized list. "
            why += f"Visit https://huggingface.co/{repo} to ask for access."
            raise Problem(403, why, "GatedRepo")
        if (commit := self.hub.catalog.commit(repo, rev)) is None:
            raise Problem(404, f"Invalid rev id: {rev}", "RevisionNotFound")
        return commit

    def _file(self, repo: str, rev: str, path: str) -> tuple[str, Entry]:
        sha, files = self._access(repo, rev, content=True)
        if path not in files:
            raise Problem(404, "Entry not found", "EntryNotFound", **{"X-Repo-Commit": sha})
        return sha, files[path]

    def _size(self, repo: str, entry: Entry) -> int:
        lies = self.hub.faults.take(f"META {repo}/{entry.path}", "size")
        return lies[-1].size if lies else entry.size

    def _asked(self, name: str) -> list[str]:
        return [part for value in self.query.get(name, []) for part in value.split(",")]

    def _flag(self, name: str) -> bool:
        return self._asked(name)[:1] in (["true"], ["True"], ["1"])

    def _page(self, items: list[dict[str, Any]], largest: int) -> None:
        """Answer one page of a listing, with the Link header that leads to the next one."""
        size = min([*map(int, self._asked("limit")), largest, self.hub.page_size])
        start, headers = int(base64.b64decode("".join(self._asked("cursor"))) or 0), {}
        if start + size < len(items):
            cursor = base64.b64encode(str(start + size).encode()).decode()
            query = urlencode({**self.query, "cursor": cursor}, doseq=True)
            headers["Link"] = f'<{self.hub.url}{urlsplit(self.path).path}?{query}>; rel="next"'
        self._json(items[start : start + size], headers=headers)

    def _models(self) -> None:
        grants, found, catalog = self._grants() or set(), [], self.hub.catalog
        words = " ".join(self._asked("search")).lower().split()
        labels = {tag for key in ("filter", "library", "pipeline_tag") for tag in self._asked(key)}
        for repo in catalog.ids():
            info = catalog.describe(repo, *(catalog.commit(repo, "main") or ("", {})))
            hidden = info["private"] and {"*", repo, info["author"]}.isdisjoint(grants)
            if (
                not hidden
                and all(word in repo.lower() for word in words)
                and {*self._asked("author")} <= {info["author"]}
                and labels <= {*info["tags"], info.get("pipeline_tag"), info.get("library_name")}
                and {*self._asked("apps")} <= {*info["apps"]}
                and ("gated" not in self.query or self._flag("gated") == bool(info["gated"]))
            ):
                found.append(info)
        key = "".join(self._asked("sort")) or "trendingScore"
        found.sort(key=lambda info: info.get(key) or 0, reverse=True)
        keep = LIST_FIELDS | (FULL_FIELDS if self._flag("full") else set())
        keep |= {name for name in ("cardData", "config") if self._flag(name)}
        keep = {"id", *self._asked("expand")} if "expand" in self.query else keep
        self._page([{k: v for k, v in info.items() if k in keep} for info in found], 1000)

    def _info(self, repo: str, rev: str = "main") -> None:
        sha, files = self._access(repo, rev)
        info = self.hub.catalog.describe(repo, sha, files)
        if self._flag("blobs"):
            info["siblings"] = [e.json(self._size(repo, e), tree=False) for e in files.values()]
        keep = {"id", *self._asked("expand")} if "expand" in self.query else INFO_FIELDS
        out = {key: value for key, value in info.items() if key in keep}
        if self._flag("securityStatus"):
            bad = [{"path": path, "level": "unsafe"} for path in info.get("unsafe", [])]
            out["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": bad}
        self._json(out)

    def _items(self, repo: str, rev: str, expand: bool) -> dict[str, dict[str, Any]]:
        """Every file and folder of a commit, as the tree listing shows them."""
        (sha, files), out = self._access(repo, rev), dict[str, dict[str, Any]]()
        last = {"lastCommit": {"id": sha, "title": "Upload", "date": DATE}} if expand else {}
        bad = self.hub.catalog.meta(repo).get("unsafe", [])
        for path, entry in files.items():
            for folder in (parent.as_posix() for parent in list(Path(path).parents)[-2::-1]):
                oid = hashlib.sha1(f"{sha} {folder}".encode()).hexdigest()
                out[folder] = {"type": "directory", "oid": oid, "size": 0, "path": folder, **last}
            out[path] = entry.json(self._size(repo, entry), tree=True) | last
            if self.hub.xet and entry.pointer:
                out[path]["xetHash"] = entry.xet
            if expand:
                scans = {"avScan": None, "pickleImportScan": None}
                status = "unsafe" if path in bad else "safe"
                out[path]["securityFileStatus"] = {"status": status, **scans}
        return out

    def _tree(self, repo: str, rev: str, path: str = "") -> None:
        items, prefix = self._items(repo, rev, self._flag("expand")), path and f"{path}/"
        if path and items.get(path, {}).get("type") != "directory":
            raise Problem(404, f'"{path}" does not exist on "{rev}"', "EntryNotFound")
        inside = [item for name, item in items.items() if name.startswith(prefix)]
        if not self._flag("recursive"):
            inside = [item for item in inside if "/" not in item["path"].removeprefix(prefix)]
        self._page(inside, 50 if self._flag("expand") else 1000)

    def _paths(self, repo: str, rev: str) -> None:
        form = parse_qs(self.body.decode())
        items = self._items(repo, rev, form.get("expand") == ["true"])
        self._json([items[path] for path in form.get("paths", []) if path in items])

    def _refs(self, repo: str) -> None:
        self._access(repo)
        kinds = ("branches", "tags", "converts", "pullRequests")
        found: dict[str, list[dict[str, str]]] = {kind: [] for kind in kinds}
        for name in self.hub.catalog.branches(repo):
            special = name.startswith("refs/")
            ref = {"name": name, "ref": name if special else f"refs/heads/{name}"}
            ref["targetCommit"] = self._access(repo, name)[0]
            found["pullRequests" if special else "branches"].append(ref)
        self._json(found)

    def _auth(self, repo: str) -> None:
        self._access(repo, content=True)
        self._json({})

    def _whoami(self) -> None:
        if self._grants() is None:
            raise Problem(401, "Invalid username or password.")
        auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": "read"}}
        self._json({"type": "user", "name": "tester", "orgs": [], "isPro": False, "auth": auth})

    def _control(self, path: str) -> None:
        """The control endpoint: faults (GET, POST, DELETE) and log (GET, DELETE)."""
        chosen: list[Any] = self.hub.faults if path == "/_control/faults" else self.hub.log
        if self.command == "POST":
            self.hub.faults.add(**json.loads(self.body))
        elif self.command == "DELETE":
            chosen.clear()
        self._json([asdict(item) if isinstance(item, Fault) else item for item in chosen])

    def _resolve(self, repo: str, rev: str, path: str) -> None:
        """Redirect to the content: of an LFS file to the CDN, of another on this listener."""
        sha, entry = self._file(repo, rev, path)
        headers = {"X-Repo-Commit": sha, "ETag": f'"{entry.etag}"', "Accept-Ranges": "bytes"}
        if self.headers.get("If-None-Match") == headers["ETag"]:
            return self._send(304, headers, [], 0)
        status, location = 307, f"/api/resolve-cache/models/{repo}/{sha}/{quote(path)}"
        if entry.pointer:
            status, location = 302, self.hub.sign(entry)
            headers["X-Linked-ETag"] = headers["ETag"]
            headers["X-Linked-Size"] = str(self._size(repo, entry))
        if entry.pointer and self.hub.xet:
            route = f"{self.hub.url}/api/models/{repo}/xet-read-token/{sha}"
            headers |= {"X-Xet-Hash": entry.xet, "Link": f'<{route}>; rel="xet-auth"'}
        text = f"{HTTPStatus(status).phrase}. Redirecting to {location}".encode()
        self._send(status, headers | {"Location": location}, [text], len(text))
        return None

    def _cached(self, repo: str, rev: str, path: str) -> None:
        """A small file; text goes compressed, without a length, to a client that takes gzip."""
        sha, entry = self._file(repo, rev, path)
        headers, plain = {"X-Repo-Commit": sha}, self.command == "HEAD" or "Range" in self.headers
        zips = path.endswith(TEXT_TYPES) and "gzip" in self.headers.get("Accept-Encoding", "")
        if plain or not zips:
            return self._content(entry, entry.etag, headers)
        body = gzip.compress(b"".join(entry.read(0, entry.size)))
        headers |= {"ETag": f'W/"{entry.etag}"', "Content-Encoding": "gzip"}
        self._send(200, headers, [body], -1)
        return None

    def _raw(self, repo: str, rev: str, path: str) -> None:
        """The file as git has it: an LFS file's pointer."""
        sha, entry = self._file(repo, rev, path)
        data = entry.pointer or b"".join(entry.read(0, entry.size))
        self._send(200, {"X-Repo-Commit": sha, "ETag": f'"{entry.oid}"'}, [data], len(data))

    def _content_of(self, path: str) -> None:
        """The content behind a CDN URL."""
        query = {"Expires": "0", "Signature": ""} | {k: v[0] for k, v in self.query.items()}
        seal, late = self.hub.seal(path, query["Expires"]), float(query["Expires"]) < time.time()
        if late or not hmac.compare_digest(seal, query["Signature"]):
            raise Problem(403, "AccessDenied: the URL has expired or its signature is wrong")
        entry, source = self.hub.blobs[path], self.hub.blobs[path].source
        if source and not (source.is_file() and source.stat().st_mtime_ns == entry.stamp):
            raise Problem(404, "NoSuchKey: the file has changed since the URL was signed")
        shown = {"Content-Disposition": query["response-content-disposition"]}
        self._content(entry, entry.xet, shown)

    def _content(self, entry: Entry, etag: str, headers: dict[str, str]) -> None:
        """A file's bytes: whole, or the one range asked for if If-Range allows."""
        first, last, status = 0, entry.size - 1, 200
        changed = self.hub.faults.take(self.target, "change")
        etag = f'"{etag[::-1] if changed else etag}"'
        headers |= {"ETag": etag, "Accept-Ranges": "bytes", "Content-Type": "binary/octet-stream"}
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if found and any(found.groups()) and self.headers.get("If-Range", etag) == etag:
            low, high = found.groups()
            first = int(low) if low else max(0, entry.size - int(high))
            last = min(int(high), last) if low and high else last
            if first > last:
                bounds = {"Content-Range": f"bytes */{entry.size}"}
                raise Problem(416, "Requested Range Not Satisfiable", **bounds)
            status, headers["Content-Range"] = 206, f"bytes {first}-{last}/{entry.size}"
        body = entry.read(first, last + 1)
        if changed:
            body = (bytes(255 - byte for byte in chunk) for chunk in body)
        self._send(status, headers, body, last + 1 - first, first)


class HubServer:
    """The two listeners over a folder; a context manager, and one that can stop and start again.

    tokens maps each valid token to the repos and owners whose private and gated content it may
    read ("*": all). page_size caps a listing's page, cdn_ttl is the life of a redirect in seconds,
    xet adds the headers of Xet storage (which itself is not served). With tls the Hub itself is
    spoken to over TLS, its CDN is not.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        tokens: Mapping[str, Iterable[str]] | None = None,
        port: int = 0,
        page_size: int = 1000,
        cdn_ttl: float = 3600,
        xet: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.catalog, self.faults = Catalog(Path(root)), Faults()
        self.tokens = {token: list(grants) for token, grants in (tokens or {}).items()}
        self.page_size, self.cdn_ttl, self.xet, self.tls = page_size, cdn_ttl, xet, tls
        self.log, self.blobs = list[dict[str, Any]](), dict[str, Entry]()
        self.received = list[int]()  # of each connection to the CDN that has ended, see _received
        self.stopping, self._key = threading.Event(), secrets.token_bytes(16)
        self.connections, self._listeners = set[socket.socket](), list[ThreadingHTTPServer]()
        self._ports = [port, 0]

    @property
    def url(self) -> str:
        """The Hub's address, for HF_ENDPOINT."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._ports[0]}"

    def start(self) -> Self:
        """Listen; after a stop, on the same ports as before."""
        self.stopping.clear()
        for index, port in enumerate(self._ports):
            handler = partial(_Handler, self, index == 1)
            listener = ThreadingHTTPServer(("127.0.0.1", port), handler)
            listener.socket.listen(128)
            if self.tls and index == 0:
                listener.socket = self.tls.wrap_socket(listener.socket, server_side=True)
            self._ports[index] = listener.server_address[1]
            self._listeners.append(listener)
            threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening and cut every connection, as when the network goes away."""
        self.stopping.set()
        while self._listeners:
            listener = self._listeners.pop()
            listener.shutdown()
            listener.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def seen(self, pattern: str) -> list[dict[str, Any]]:
        """The logged requests whose "METHOD /path?query" matches a regex, oldest first."""
        return [record for record in list(self.log) if re.search(pattern, record["request"])]

    def seal(self, path: str, expires: str) -> str:
        """The signature of a CDN path that expires then."""
        return hmac.new(self._key, f"{path} {expires}".encode(), "sha256").hexdigest()

    def sign(self, entry: Entry) -> str:
        """A CDN URL for an entry, good for cdn_ttl seconds."""
        path, expires = f"/cdn/{entry.xet}", str(time.time() + self.cdn_ttl)
        self.blobs[path] = entry
        shown = f"inline; filename*=UTF-8''{quote(Path(entry.path).name)};"
        query = {"response-content-disposition": shown, "Expires": expires}
        query["Signature"] = self.seal(path, expires)
        return f"http://127.0.0.1:{self._ports[1]}{path}?{urlencode(query)}"


def main() -> None:
    """Serve a folder until interrupted."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--port", type=int, default=8089)
    parser.add_argument("--token", action="append", default=[], metavar="TOKEN[=GRANT,...]")
    args = parser.parse_args()
    pairs = (text.partition("=") for text in args.token)
    tokens = {token: grants.split(",") for token, _, grants in pairs}
    with HubServer(args.root, tokens=tokens, port=args.port) as hub, suppress(KeyboardInterrupt):
        print(f"HF_ENDPOINT={hub.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
