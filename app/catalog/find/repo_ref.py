"""Reads how people name a model on the Hub: a short form, or an address copied from the browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.catalog.find.endpoint import DEFAULT_ENDPOINT
from app.core.catalog.hub_errors import NotARepo

_MAX_LENGTH = 2000
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[\w])?", re.ASCII)
_BRANCH = re.compile(r"[^\s:?*\[\]~^\\\x00-\x1f\x7f]+")
_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com"})
_SECTIONS = frozenset({"tree", "blob", "resolve", "raw", "commit", "commits"})
_OTHER_KINDS = frozenset(
    {"datasets", "spaces", "collections", "papers", "docs", "blog", "api", "settings", "organizations"}
)


@dataclass(frozen=True)
class RepoRef:
    """A model repo; `branch` and `file` are empty where the text does not name them."""

    repo: str
    branch: str = ""
    file: str = ""


def parse_repo_ref(text: str, endpoint: str = DEFAULT_ENDPOINT) -> RepoRef:
    """What a person typed or pasted.

    Understood are `owner/name`, `owner/name:branch`, and a page's address with or without a scheme:
    `…/owner/name`, `…/owner/name/tree/BRANCH`, `…/owner/name/blob/BRANCH/FILE` (or `resolve`). Upper
    and lower case of names are kept: the Hub itself finds a repo under either.

    Raises:
        NotARepo: it is none of these.
    """
    clean = text.strip().strip("<>\"'").strip()
    if not clean or len(clean) > _MAX_LENGTH:
        raise _unknown(text)
    try:
        path = _path_of_address(clean, endpoint)
    except ValueError:  # no address at all, such as one with half a bracket
        raise _unknown(text) from None
    found = _from_page(path) if path is not None else _from_short_form(clean)
    if found is None:
        raise _unknown(text)
    return found


def _path_of_address(text: str, endpoint: str) -> str | None:
    """The path of an address on the Hub; None for the short form."""
    hosts = _HOSTS | {urlsplit(endpoint).netloc.lower()}
    if text.lower().startswith(("http://", "https://")):
        address = urlsplit(text)
        return address.path if address.netloc.lower() in hosts else ""
    host, slash, rest = text.partition("/")
    return urlsplit(f"//{host}/{rest}").path if slash and host.lower() in hosts else None


def _from_page(path: str) -> RepoRef | None:
    parts = [unquote(part) for part in path.split("/") if part]
    if parts[:1] == ["models"]:
        parts = parts[1:]
    if len(parts) < 2 or parts[0].lower() in _OTHER_KINDS:
        return None
    section, rest = (parts[2] if len(parts) > 2 else ""), parts[3:]
    if section not in _SECTIONS or not rest:
        return _checked(parts[0], parts[1], "", "")
    if rest[0] == "refs" and len(rest) > 2:
        rest = ["/".join(rest[:3]), *rest[3:]]
    return _checked(parts[0], parts[1], rest[0], "/".join(rest[1:]) if section != "tree" else "")


def _from_short_form(text: str) -> RepoRef | None:
    place, colon, branch = text.partition(":")
    owner, slash, name = (part.strip() for part in place.strip().strip("/").partition("/"))
    if not slash or (colon and not branch.strip()):
        return None
    return _checked(owner, name, branch.strip(), "")


def _checked(owner: str, name: str, branch: str, file: str) -> RepoRef | None:
    if not _is_name(owner) or not _is_name(name):
        return None
    if branch and (not _BRANCH.fullmatch(branch) or ".." in branch or branch.startswith(("/", "-"))):
        return None
    return RepoRef(f"{owner}/{name}", branch, file)


def _is_name(text: str) -> bool:
    return len(text) <= 96 and _NAME.fullmatch(text) is not None and ".." not in text and "--" not in text


def _unknown(text: str) -> NotARepo:
    shown = text.strip()
    return NotARepo(text=shown if len(shown) <= 100 else f"{shown[:99]}…")
