"""What people type or paste to name a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.find.repo_ref import RepoRef, parse_repo_ref
from app.core.catalog.hub_errors import NotARepo

REPO = "TheBloke/Llama-2-70B-chat-GPTQ"
BRANCH = "gptq-4bit-32g-actorder_True"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (REPO, RepoRef(REPO)),
        (f"  {REPO}\n", RepoRef(REPO)),
        (f"{REPO}:{BRANCH}", RepoRef(REPO, BRANCH)),
        (f"{REPO} : {BRANCH} ", RepoRef(REPO, BRANCH)),
        (f"{REPO}/", RepoRef(REPO)),
        (f"https://huggingface.co/{REPO}", RepoRef(REPO)),
        (f"HTTPS://HuggingFace.co/{REPO}/", RepoRef(REPO)),
        (f"huggingface.co/{REPO}?library=x#files", RepoRef(REPO)),
        (f"hf.co/{REPO}", RepoRef(REPO)),
        (f"https://huggingface.co/{REPO}/tree/{BRANCH}", RepoRef(REPO, BRANCH)),
        (f"https://huggingface.co/{REPO}/tree/refs%2Fpr%2F1", RepoRef(REPO, "refs/pr/1")),
        (f"https://huggingface.co/{REPO}/tree/refs/pr/1", RepoRef(REPO, "refs/pr/1")),
        (f"https://huggingface.co/{REPO}/blob/main/a/b%20c.gguf", RepoRef(REPO, "main", "a/b c.gguf")),
        (f"https://huggingface.co/{REPO}/resolve/main/x.gguf?download=true", RepoRef(REPO, "main", "x.gguf")),
        (f"https://huggingface.co/{REPO}/discussions/3", RepoRef(REPO)),
        (f"http://127.0.0.1:8089/{REPO}", RepoRef(REPO)),
        (f"<https://huggingface.co/{REPO}>", RepoRef(REPO)),
    ],
)
def test_it_is_understood(text: str, expected: RepoRef) -> None:
    assert parse_repo_ref(text, "http://127.0.0.1:8089") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "llama",
        "a/b/c",
        "../b",
        "a/..",
        f"{REPO}:",
        f"{REPO}:a b",
        f"{REPO}:../x",
        "https://example.com/a/b",
        "https://huggingface.co/datasets/a/b",
        "https://huggingface.co/",
        "https://huggingface.co.evil.example/a/b",
        "http://[::1/a/b",
        "C:/models/x.gguf",
        "x" * 5000,
    ],
)
def test_it_is_refused(text: str) -> None:
    with pytest.raises(NotARepo) as caught:
        parse_repo_ref(text)
    assert len(str(caught.value)) < 300


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    for form in (text, f"https://huggingface.co/{text}", f"a/b:{text}"):
        try:
            ref = parse_repo_ref(form)
        except NotARepo:
            continue
        assert ref.repo.count("/") == 1
        assert ".." not in ref.repo + ref.branch
