"""The repos Parley began from, listed exactly: every variant, what it is and what it weighs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.catalog.find.hub import Hub
from app.catalog.find.repo_ref import RepoRef
from app.core.catalog.hub import Format, RepoPage, Variant

GPTQ = {
    "main": (4, -1, False),
    "gptq-4bit-32g-actorder_True": (4, 32, True),
    "gptq-4bit-64g-actorder_True": (4, 64, True),
    "gptq-4bit-128g-actorder_True": (4, 128, True),
    "gptq-3bit--1g-actorder_True": (3, -1, True),
    "gptq-3bit-128g-actorder_False": (3, 128, False),
    "gptq-3bit-128g-actorder_True": (3, 128, True),
    "gptq-3bit-64g-actorder_True": (3, 64, True),
}
WEIGHTS_70B = 68_976_648_192
WEIGHTS_13B = 13_015_864_320
WEIGHTS_7B = 6_738_415_616


def declared(repos: Path, repo: str) -> dict[str, dict[str, int]]:
    """The sizes of the large files by branch and path."""
    found = json.loads((repos / repo / "files.json").read_text())
    return {branch: {path: spec["size"] for path, spec in files.items()} for branch, files in found.items()}


def large(variant: Variant) -> dict[str, int]:
    return {file.path: file.bytes for file in variant.files if file.bytes > 1_000_000}


def opened(hub: Hub, repo: str) -> RepoPage:
    return hub.open_repo(RepoRef(repo))


def test_all_eight_gptq_branches(hub: Hub, repos: Path) -> None:
    repo = "TheBloke/Llama-2-70B-chat-GPTQ"
    page = opened(hub, repo)
    assert {one.branch: (one.bits, one.group_size, one.act_order) for one in page.variants} == GPTQ
    assert {one.branch: large(one) for one in page.variants} == declared(repos, repo)
    for variant in page.variants:
        assert variant.format is Format.GPTQ
        assert variant.parameters == WEIGHTS_70B
        assert variant.context_length == 4096
        assert variant.bits < variant.bits_per_weight < variant.bits + 0.8
        assert variant.shape and variant.shape.kv_heads == (8,) * 80
        assert variant.weights and variant.weights.exact
        assert variant.weights.total == pytest.approx(variant.bytes, rel=0.001)
        assert {"config.json", "quantize_config.json"} <= {file.path for file in variant.files}
    assert page.summary.formats == (Format.GPTQ,)
    assert page.prompt_template.startswith("SYSTEM: {system_message}")
    assert page.card == "# Model card"


def test_one_branch_alone(hub: Hub) -> None:
    page = hub.open_repo(RepoRef("TheBloke/Llama-2-70B-chat-GPTQ", "gptq-3bit-64g-actorder_True"))
    assert [one.quantization for one in page.variants] == ["GPTQ 3-bit 64g act-order"]


@pytest.mark.parametrize(
    ("repo", "shards", "weights", "base"),
    [
        ("TheBloke/Llama-2-13B-chat-AWQ", 1, WEIGHTS_13B, "meta-llama/Llama-2-13b-chat-hf"),
        ("TheBloke/Upstage-Llama-2-70B-instruct-v2-AWQ", 4, WEIGHTS_70B, "upstage/Llama-2-70b-instruct-v2"),
    ],
)
def test_awq(hub: Hub, repos: Path, repo: str, shards: int, weights: int, base: str) -> None:
    page = opened(hub, repo)
    (variant,) = page.variants
    assert (variant.format, variant.bits, variant.group_size) == (Format.AWQ, 4, 128)
    assert large(variant) == declared(repos, repo)["main"]
    assert (len(large(variant)), variant.parameters) == (shards, weights)
    assert (page.license, page.base_model) == ("llama2", base)


def test_bitsandbytes(hub: Hub, repos: Path) -> None:
    repo = "Trelis/Llama-2-7b-chat-hf-hosted-inference-8bit"
    (variant,) = opened(hub, repo).variants
    assert (variant.format, variant.bits, variant.parameters) == (Format.BITSANDBYTES, 8, WEIGHTS_7B)
    assert large(variant) == declared(repos, repo)["main"]
    assert variant.quantization == "bitsandbytes 8-bit"


@pytest.mark.parametrize(
    ("repo", "weights", "variants"),
    [
        ("TheBloke/Llama-2-13B-chat-GGUF", WEIGHTS_13B, 12),
        ("TheBloke/Upstage-Llama-2-70B-instruct-v2-GGUF", WEIGHTS_70B, 4),
        ("localmodels/Llama-2-7B-Chat-GGUF", WEIGHTS_7B, 3),
    ],
)
def test_gguf(hub: Hub, repos: Path, repo: str, weights: int, variants: int) -> None:
    page = opened(hub, repo)
    assert len(page.variants) == variants
    together = {path: size for one in page.variants for path, size in large(one).items()}
    assert together == declared(repos, repo)["main"]
    for variant in page.variants:
        assert variant.format is Format.GGUF
        assert variant.name == variant.quantization
        assert variant.parameters == weights
        assert variant.context_length == 4096
        assert all(len(file.sha256) == 64 for file in variant.files)
        assert variant.bits_per_weight == pytest.approx(variant.bytes * 8 / weights)
        assert variant.weights and variant.weights.total == variant.bytes and not variant.weights.exact


def test_halves_of_a_file_are_one_variant(hub: Hub) -> None:
    page = opened(hub, "TheBloke/Upstage-Llama-2-70B-instruct-v2-GGUF")
    (q8,) = [one for one in page.variants if one.name == "Q8_0"]
    assert [file.path[-8:] for file in q8.files] == ["-split-a", "-split-b"]


def test_an_opened_variant_has_exact_weights_and_its_header_at_hand(hub: Hub) -> None:
    for repo in ("TheBloke/Upstage-Llama-2-70B-instruct-v2-GGUF", "localmodels/Llama-2-7B-Chat-GGUF"):
        for variant in opened(hub, repo).variants:
            exact, (copy,) = hub.open_variant(variant)
            header = Path(copy.path)
            assert exact.weights and exact.shape and exact.weights.exact
            assert exact.parameters == variant.parameters
            assert exact.weights.total == pytest.approx(variant.bytes, rel=0.001)
            assert header.read_bytes()[:4] == b"GGUF"
            assert header.stat().st_size + exact.weights.total == variant.bytes
            assert len(exact.weights.layers) == exact.shape.layers
